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

/** What the type checker says about a sample, and the module it becomes; `file` is where that lies. */
export function compile(id: string, text: string, { before = "", after = "" }: Surroundings) {
    mkdirSync(BUILD, { recursive: true });
    const source = join(BUILD, `${id}.ts`);
    rmSync(source, { force: true });
    writeFileSync(source, `${before}\n${text}\n${after}\nexport {};\n`);
    const options: ts.CompilerOptions = {
        strict: true,
        target: ts.ScriptTarget.ES2022,
        module: ts.ModuleKind.NodeNext,
        moduleResolution: ts.ModuleResolutionKind.NodeNext,
        lib: ["lib.es2022.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
        types: ["node"],
        outDir: BUILD,
        rootDir: BUILD,
        skipLibCheck: false,
    };
    const program = ts.createProgram([source], options);
    const said = ts.getPreEmitDiagnostics(program).map((one) => {
        const line = one.file && one.start !== undefined ? one.file.text.slice(one.start).split("\n")[0] : "";
        return `TS${one.code} ${ts.flattenDiagnosticMessageText(one.messageText, " ")} (${line})`;
    });
    program.emit();
    const file = join(BUILD, `${id}.js`);
    return { said, file, module: readFileSync(file, "utf8") };
}
