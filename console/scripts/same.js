// Builds the web pages beside what is checked in, and fails where the two differ.

import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";

const root = fileURLToPath(new URL("..", import.meta.url));
const there = fileURLToPath(new URL("../../crates/api/console", import.meta.url));

/** Every file below a folder, with what is in it. */
async function read(folder) {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
    return new Map(await Promise.all(files.map(async (file) => [file.slice(folder.length + 1), await readFile(file)])));
}

const fresh = await mkdtemp(join(tmpdir(), "gangway-console-"));
try {
    for (const configFile of ["vite.config.ts", "vite.embed.config.ts"]) {
        await build({ root, configFile: join(root, configFile), logLevel: "error", build: { outDir: fresh, emptyOutDir: configFile === "vite.config.ts" } });
    }
    const [made, kept] = [await read(fresh), await read(there)];
    const names = [...new Set([...made.keys(), ...kept.keys()])].sort();
    const different = names.filter((name) => !made.get(name)?.equals(kept.get(name) ?? Buffer.alloc(0)));
    for (const name of different) {
        const what = !kept.has(name) ? "is not checked in" : !made.has(name) ? "is made by nothing any more" : "differs from what is made";
        console.error(`crates/api/console/${name} ${what}: run make generate`);
    }
    process.exitCode = different.length > 0 ? 1 : 0;
} finally {
    await rm(fresh, { recursive: true });
}
