// The package as others get it: generated types that match the server's document, declarations that need nothing else.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const HERE = fileURLToPath(new URL("..", import.meta.url));
const run = promisify(execFile);

test("the generated types match the checked in document (else: make generate)", async () => {
    await run("npm", ["run", "--silent", "drift"], { cwd: HERE });
});

test("there are no dependencies, and the lock file names no registry", async () => {
    const about = JSON.parse(await readFile(join(HERE, "package.json"), "utf8")) as Record<string, unknown>;
    for (const kind of ["dependencies", "peerDependencies", "optionalDependencies"]) assert.equal(about[kind], undefined);
    assert.doesNotMatch(await readFile(join(HERE, "package-lock.json"), "utf8"), /"resolved"|registry/);
});

test("the archive holds what was built and nothing else, and runs where it is installed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "gangway-package-"));
    try {
        const packed = await run("npm", ["pack", "--json", "--ignore-scripts", "--pack-destination", folder], { cwd: HERE });
        const [archive] = JSON.parse(packed.stdout) as [{ filename: string; files: { path: string }[] }];
        const paths = archive.files.map(({ path }) => path);
        assert.ok(paths.includes("dist/index.js") && paths.includes("dist/index.d.ts"));
        assert.deepEqual(paths.filter((path) => !/^(dist\/|package\.json$|README\.md$|LICENSE$)/.test(path)), []);
        const home = join(folder, "node_modules/@pplx-unofficial/sdk");
        await mkdir(home, { recursive: true });
        await run("tar", ["-xzf", join(folder, archive.filename), "--strip-components=1", "-C", home]);
        await mkdir(join(folder, "node_modules/@types"));
        for (const name of ["@types/node", "undici-types"]) {
            await symlink(join(HERE, "node_modules", name), join(folder, "node_modules", name));
        }
        // A strict program for Node, without the browser's types, that looks into every declaration.
        await writeFile(
            join(folder, "program.mts"),
            `import { createConnectorsClient, OAuthPopupManager, type Connector } from "@pplx-unofficial/sdk";
             const connectors = createConnectorsClient({ apiBase: "http://localhost:1", authToken: process.env["NOTHING"] });
             const status: Promise<Connector[]> = connectors.getConnectorsStatus();
             status.catch((error: Error) => console.log(error.name, typeof OAuthPopupManager));`,
        );
        const options = ["--strict", "--exactOptionalPropertyTypes", "--target", "es2022", "--module", "nodenext", "--lib", "es2022", "--types", "node"];
        const tsc = join(HERE, "node_modules/typescript/bin/tsc");
        await run(process.execPath, [tsc, ...options, "program.mts"], { cwd: folder }).catch((error: { stdout: string }) =>
            assert.fail(error.stdout),
        );
    } finally {
        await rm(folder, { recursive: true });
    }
});
