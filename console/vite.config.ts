// How the console is built: into the folder that the server embeds, the same bytes from the same lock file.

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig, type Plugin } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

/** The licences of what is built into the bundle, beside it. */
function licences(): Plugin {
    const parts = ["svelte/LICENSE.md", "esm-env/LICENSE", "clsx/license", "@fontsource-variable/inter/LICENSE"];
    return {
        name: "licences",
        apply: "build",
        generateBundle() {
            const texts = parts.map((part) => `${part.replace(/\/[^/]*$/, "")}\n\n${readFileSync(here(`node_modules/${part}`), "utf8").trim()}\n`);
            this.emitFile({ type: "asset", fileName: "licences.txt", source: texts.join(`\n${"-".repeat(80)}\n\n`) });
        },
    };
}

const gangway = process.env["GANGWAY_URL"] ?? "http://127.0.0.1:8080";

export default defineConfig({
    base: "/console/",
    plugins: [svelte(), licences()],
    resolve: { alias: { "@pplx-unofficial/sdk": here("../sdks/typescript/src/index.ts") } },
    build: {
        outDir: here("../crates/api/console"),
        // The console, and the page on which people choose files for a product.
        rolldownOptions: { input: { index: here("index.html"), picker: here("picker.html") } },
        emptyOutDir: true,
        // What `light-dark()` and `oklch()` need: browsers since the spring of 2024.
        target: ["chrome123", "firefox121", "safari17.5"],
        // The content security policy allows no data: but for pictures.
        assetsInlineLimit: 0,
        modulePreload: false,
        reportCompressedSize: false,
    },
    server: {
        // A server to develop against: `gangway demo --no-walk`, at the address that it prints. It answers pages of its own
        // origin only, and so is told that this is one.
        proxy: Object.fromEntries(
            ["/rest", "/oauth", "/picker", "/console/session", "/.well-known", "/docs"].map((path) => [path, { target: gangway, headers: { origin: gangway } }]),
        ),
    },
});
