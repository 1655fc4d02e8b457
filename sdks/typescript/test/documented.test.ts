// The documentation's page names every method of the client, and no other.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { ConnectorsClient } from "@pplx-unofficial/sdk";
import { ROOT } from "./world.js";

test("the table of methods is whole", () => {
    const page = readFileSync(`${ROOT}/docs/sdk-typescript.md`, "utf8");
    const table = page.split("## Every method")[1]?.split("\n## ")[0] ?? "";
    const told = table
        .split("\n")
        .filter((row) => row.startsWith("| "))
        .slice(1)
        .flatMap((row) => [...(row.split("|")[2] ?? "").matchAll(/`(\w+)`/g)].map(([, name]) => name));
    const there = Object.getOwnPropertyNames(ConnectorsClient.prototype).filter((name) => name !== "constructor");
    assert.deepEqual(told.sort(), there.sort());
});
