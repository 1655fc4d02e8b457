// Uploads: the body that is sent, its progress, and when it may be sent again.

import assert from "node:assert/strict";
import { test } from "node:test";
import { createConnectorsClient, type UploadProgress } from "@pplx-unofficial/sdk";
import { refused, scripted, type Answer } from "./scripted.js";

const ANSWER = { files: [] };

/** Reads the body to its end, as a server does. */
function receive(parts: [string, string, string][]): Answer {
    return async (asked, init) => {
        const form = await new Response(init.body, { headers: asked.headers }).formData();
        for (const [name, value] of form) {
            if (typeof value === "string") parts.push([name, "", value]);
            else parts.push([name, `${value.name} ${value.type}`, await value.text()]);
        }
        return Response.json(ANSWER);
    };
}

test("every kind of source arrives whole, in order, with its name and type", async () => {
    const parts: [string, string, string][] = [];
    const { asked, options } = scripted(receive(parts));
    const bytes = new TextEncoder().encode("two–two");
    await createConnectorsClient(options).upload(
        [
            { name: "a.txt", data: "one", type: "text/plain" },
            { name: "b.bin", data: bytes.subarray(3) },
            new File(["three"], "c ü.md", { type: "text/markdown" }),
            { name: "d", data: new Response("four").body! },
            { name: "e", data: async function* () { yield bytes; } },
            { name: "f", data: bytes.buffer },
            { name: "g", data: "" },
        ],
        "u-1",
        { on_conflict: "replace" },
    );
    assert.equal(String(asked[0]?.query), "collection_uuid=u-1&on_conflict=replace");
    assert.deepEqual(parts, [
        ["file", "a.txt text/plain", "one"],
        ["file", "b.bin application/octet-stream", "–two"],
        ["file", "c ü.md text/markdown", "three"],
        ["file", "d application/octet-stream", "four"],
        ["file", "e application/octet-stream", "two–two"],
        ["file", "f application/octet-stream", "two–two"],
        ["file", "g application/octet-stream", ""],
    ]);
});

test("paths go ahead of the files, one for each or none", async () => {
    const parts: [string, string, string][] = [];
    const { options } = scripted(receive(parts), receive(parts));
    const connectors = createConnectorsClient(options);
    await connectors.upload([{ name: "a", path: "x/a", data: "1" }, { name: "b", data: "2" }], "u");
    assert.deepEqual(parts.map(([name, , value]) => `${name} ${value}`), ["path x/a", "path b", "file 1", "file 2"]);
    const folder = Object.assign(new File(["3"], "c"), { webkitRelativePath: "y/c" });
    parts.length = 0;
    await connectors.upload(folder, "u");
    assert.deepEqual(parts.map(([name, , value]) => `${name} ${value}`), ["path y/c", "file 3"]);
});

test("a name cannot end its header", async () => {
    let body = "";
    const { options } = scripted(async (_, init) => {
        body = await new Response(init.body).text();
        return Response.json(ANSWER);
    });
    const data = { name: 'a"\r\nx-evil: 1', data: "1", type: "text/plain\r\nx-evil: 2" };
    await createConnectorsClient(options).upload(data, "u");
    assert.doesNotMatch(body, /^x-evil/m);
    assert.match(body, /filename="a%22%0D%0Ax-evil: 1"/);
});

test("a body is read as it is sent, and progress tells how far", async () => {
    const told: UploadProgress[] = [];
    let produced = 0;
    const endless = async function* () {
        for (;;) {
            produced += 1;
            yield new Uint8Array(10);
        }
    };
    const { options } = scripted(async (_, init) => {
        const reader = (init.body as ReadableStream<Uint8Array>).getReader();
        for (let read = 0; read < 300; ) read += (await reader.read()).value?.byteLength ?? 0;
        await reader.cancel();
        return Response.json(ANSWER);
    });
    await createConnectorsClient(options).upload({ name: "a", data: endless }, "u", { onProgress: (one) => told.push(one) });
    assert.ok(produced < 30, `${produced} pieces were made for 300 bytes`);
    assert.deepEqual(told[0], { sent: 10 });

    const whole = scripted(receive([]));
    told.length = 0;
    await createConnectorsClient(whole.options).upload([{ name: "a", data: "12345" }, { name: "b", data: new Blob(["123"]) }], "u", {
        onProgress: (one) => told.push(one),
    });
    assert.deepEqual(told, [{ sent: 5, total: 8 }, { sent: 8, total: 8 }]);
});

test("what can be read again is sent again, a stream is not", async () => {
    const again = scripted(refused("unavailable", 503), receive([]));
    await createConnectorsClient(again.options).upload({ name: "a", data: "1" }, "u");
    assert.equal(again.asked.length, 2);
    const once = scripted(refused("unavailable", 503));
    await assert.rejects(createConnectorsClient(once.options).upload({ name: "a", data: new Response("1").body! }, "u"));
    assert.equal(once.asked.length, 1);
});

test("a file that cannot be read is told as such, not as the network's failure", async () => {
    const cause = new Error("ENOENT: a.txt");
    const { options } = scripted(async (_, init) => new Response(init.body));
    const data = async function* () {
        yield new Uint8Array(1);
        throw cause;
    };
    await assert.rejects(createConnectorsClient(options).upload({ name: "a", data }, "u"), cause);
});

test("a signal ends an upload with its own reason", async () => {
    const controller = new AbortController();
    const reason = new Error("the person left");
    const { options } = scripted((_, init) => {
        queueMicrotask(() => controller.abort(reason));
        return new Promise((_resolve, reject) => init.signal?.addEventListener("abort", reject));
    });
    const call = createConnectorsClient(options).upload({ name: "a", data: "1" }, "u", { signal: controller.signal });
    await assert.rejects(call, reason);
});
