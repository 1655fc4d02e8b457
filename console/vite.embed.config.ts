// How `/embed.js` is built: one classic script that needs nothing else, beside the pages.

import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

const here = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
    publicDir: false,
    build: {
        outDir: here("../crates/api/console"),
        emptyOutDir: false,
        // As the pages: browsers since the spring of 2024.
        target: ["chrome123", "firefox121", "safari17.5"],
        lib: { entry: here("src/embed/main.ts"), formats: ["iife"], name: "GangwayEmbed", fileName: () => "embed.js" },
        reportCompressedSize: false,
    },
});
