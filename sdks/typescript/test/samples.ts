// The samples of a page of documentation: found, completed with what they leave to the reader, checked, translated.

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import ts from "typescript";

/** What a sample leaves to its reader. The sample itself is not touched, but for placeholders in angle brackets. */
export interface Surroundings {
    where: "browser" | "node";
    /** Declares the names that the sample takes as given. */
    before?: string;
    /** Uses what the sample only defines. */
    after?: string;
}

export interface Sample {
    /** Its heading, and which of the heading's samples it is, such as `Sync` or `Sync 2`. */
    name: string;
    text: string;
}

const BUILD = fileURLToPath(new URL("../build/samples/", import.meta.url));

/** Every TypeScript and JavaScript sample of a page, in order. */
export function samplesOf(page: string): Sample[] {
    const samples: Sample[] = [];
    let heading = "";
    const counts = new Map<string, number>();
    const blocks = readFileSync(page, "utf8").matchAll(/^#+ (?<heading>.+)$|^```(?<language>\w+)\n(?<text>[^]*?)^```$/gm);
    for (const { groups = {} } of blocks) {
        if (groups["heading"] !== undefined) {
            heading = groups["heading"].trim();
        } else if (/^(ts|typescript|js|javascript|tsx|jsx)$/.test(groups["language"] ?? "")) {
            const count = (counts.get(heading) ?? 0) + 1;
            counts.set(heading, count);
            samples.push({ name: count === 1 ? heading : `${heading} ${count}`, text: groups["text"] ?? "" });
        }
    }
    return samples;
}

export interface Compiled {
    /** What the type checker says about it. */
    said: string[];
    /** The module it becomes, and where that lies. */
    module: string;
    file: string;
}

/** Checks and translates samples, all at once: most of the time goes into what they have in common. */
export function compile(samples: Map<string, { text: string; surroundings: Surroundings }>): Map<string, Compiled> {
    rmSync(BUILD, { recursive: true, force: true });
    mkdirSync(BUILD, { recursive: true });
    const sources = new Map<string, string>();
    for (const [id, { text, surroundings }] of samples) {
        sources.set(id, join(BUILD, `${id}.ts`));
        const { before = "", after = "" } = surroundings;
        writeFileSync(sources.get(id)!, `${before}\n${text}\n${after}\nexport {};\n`);
    }
    const program = ts.createProgram([...sources.values()], {
        strict: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
        types: ["node"],
        outDir: BUILD,
        rootDir: BUILD,
        skipLibCheck: true,
    });
    const overall = [...program.getOptionsDiagnostics(), ...program.getGlobalDiagnostics()];
    program.emit();
    const compiled = new Map<string, Compiled>();
    for (const [id, source] of sources) {
        const file = program.getSourceFile(source)!;
        const said = [...overall, ...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map((one) => {
            const line = one.start === undefined ? "" : file.text.slice(one.start).split("\n")[0];
            return `TS${one.code} ${ts.flattenDiagnosticMessageText(one.messageText, " ")} (${line})`;
        });
        const made = join(BUILD, `${id}.js`);
        compiled.set(id, { said, file: made, module: readFileSync(made, "utf8") });
    }
    return compiled;
}
