// Every TypeScript sample of the guide and of docs/sdk-typescript.md: type-checked and run as it stands, in Chromium or
// in Node, against the real server with an emulated provider.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, afterEach, before, beforeEach, describe, test } from "node:test";
import { promisify } from "node:util";
import type { Browser, Page } from "playwright-core";
import { newPage, Product, startBrowser, withoutBrowser } from "./product.js";
import { compile, samplesOf, type Compiled, type Surroundings } from "./samples.js";
import { ROOT, World, type Person } from "./world.js";

/** The guide lies beside this tree, or beside the folder of the trees. */
const GUIDE = ["..", "../.."].map((up) => join(ROOT, up, "shared/guide/oauth-connectors-guide.md")).find((file) => existsSync(file));
const DOCS = `${ROOT}/docs/sdk-typescript.md`;

/** What a sample may find in the page, and how a test looks at what it did. */
interface Scene {
    page: Page;
    person: Person;
    /** What it wrote to the console, a text for each line. */
    printed: () => Promise<string[]>;
    /** Presses the button that runs the sample; waits until it has run, unless told otherwise. */
    run: () => Promise<void>;
    begin: () => Promise<void>;
    ended: () => Promise<void>;
    /** Presses Allow in every popup that opens. */
    consenting: () => void;
    passedOn: string[];
}

interface Play extends Surroundings {
    connected?: boolean;
    /** Text for the placeholders, such as `<file-1>`. */
    placeholders?: (person: Person, given: Given) => Promise<Record<string, string>>;
    /** Values for the names that are declared in `before`. */
    globals?: (person: Person, given: Given) => Promise<Record<string, unknown>>;
    /** What the type checker is known to say: the sample's own slip. */
    slip?: string;
    play?: (scene: Scene) => Promise<void>;
    /** Node: what it has to print. */
    prints?: RegExp;
}

interface Given {
    collection: string;
    files: string[];
}

const CLIENT = 'import { createConnectorsClient } from "@pplx-unofficial/sdk";\nconst connectors = createConnectorsClient();';
const BAR = "declare function updateProgressBar(progress: number): void;";
const simply = async ({ run }: Scene) => run();
const authUrl = async (person: Person) => ({ auth_url: (await person.client().authorize("google_drive")).auth_url });
const isConnected = async (person: Person) => (await person.client().getConnectorStatus("google_drive")).connected;
const bars = (page: Page) => page.evaluate<number[]>("globalThis.bars");

const OF_THE_GUIDE: Record<string, Play> = {
    "2. User Authorization (Browser)": {
        where: "browser",
        before: 'import { OAuthPopupManager } from "@pplx-unofficial/sdk";\ndeclare const auth_url: string;',
        globals: authUrl,
        // The sample shows two ways, and so opens two windows; the person goes on in the second.
        play: async ({ page, begin, ended }) => {
            const opened: Page[] = [];
            page.on("popup", (popup) => opened.push(popup));
            await begin();
            while (opened.length < 2) await page.waitForEvent("popup");
            await opened[1]!.click("#allow");
            await ended();
            // The promise may come a moment before the window is gone.
            if (!opened[1]!.isClosed()) await opened[1]!.waitForEvent("close", { timeout: 10_000 });
        },
    },
    "TypeScript (pplx-unofficial-sdk)": {
        where: "browser",
        placeholders: async (_, { collection, files }) => ({
            "<file-1>": files[0]!,
            "<file-2>": files[1]!,
            "<collection-uuid>": collection,
        }),
        play: async ({ run, consenting, printed, passedOn, person }) => {
            consenting();
            await run();
            assert.match((await printed()).join("\n"), /^Connected: .*google_drive/);
            const drive = "/rest/connectors/google_drive";
            const steps = passedOn.filter((call) => call !== `GET ${drive} 200`);
            assert.deepEqual(steps, [
                `POST ${drive}/authorize 200`,
                `POST ${drive}/token 200`,
                "GET /rest/connectors 200",
                `GET ${drive}/files 200`,
                `POST ${drive}/sync 200`,
                `DELETE ${drive} 204`,
            ]);
            assert.equal(await isConnected(person), false, "disconnected at last");
        },
    },
    "1. Popup Manager for OAuth": {
        where: "browser",
        before: "declare const auth_url: string;",
        after: "(globalThis as { code?: string }).code = await new OAuthPopupManager().authorize(auth_url);",
        globals: authUrl,
        play: async ({ page, run, consenting, person }) => {
            consenting();
            await run();
            // The only authorization that is open: no state needed.
            await person.client().token("google_drive", await page.evaluate<string>("globalThis.code"));
            assert.equal(await isConnected(person), true);
        },
    },
    "3. Sync Progress UI": {
        where: "browser",
        connected: true,
        before: `${CLIENT}\n${BAR}\ndeclare function sleep(milliseconds: number): Promise<void>;\ndeclare const files: string[], collection: string;`,
        after: "await syncWithProgress(files, collection);",
        globals: async (_, { files, collection }) => ({ files, collection }),
        // `const job` is given a second value: no language would run it. Everything else of it is run as it stands.
        slip: "TS2588 Cannot assign to 'job' because it is a constant. (job = await connectors.getSyncStatus(\"google_drive\", job.job_id);)",
        play: async ({ page, run, printed }) => {
            await run();
            assert.deepEqual(await printed(), ["Synced 2 files"]);
            const told = await bars(page);
            assert.ok(told.length > 0 && told.every((progress) => progress >= 0 && progress < 100), String(told));
        },
    },
};

const IN_BROWSER: Pick<Play, "where" | "connected" | "before"> = { where: "browser", connected: true, before: CLIENT };

const OF_THE_DOCS: Record<string, Play> = {
    "A client": { where: "node", prints: /^enterprise$/m },
    "Connect in a popup": {
        where: "browser",
        before: "declare const button: HTMLButtonElement;",
        play: async ({ page, run, consenting, person }) => {
            consenting();
            await run();
            await page.click("#button");
            await page.waitForSelector("text=Connected as ada@example.com");
            assert.equal(await isConnected(person), true);
        },
    },
    "Connect in a popup 2": {
        where: "browser",
        play: async ({ run, consenting, printed, person }) => {
            consenting();
            await run();
            assert.deepEqual(await printed(), ["ada@example.com"]);
            assert.equal(await isConnected(person), true);
        },
    },
    "Connect by leaving the page": {
        where: "browser",
        play: async ({ page, begin, printed }) => {
            await begin();
            await page.click("#allow");
            // The page one returns to runs the sample that follows.
            await page.waitForURL("**/back**");
            await page.waitForFunction("globalThis.ended");
            assert.deepEqual(await printed(), ["Connected as ada@example.com"]);
        },
    },
    "Connect by leaving the page 2": { where: "browser", play: simply },
    "Status and disconnecting": {
        ...IN_BROWSER,
        play: async ({ run, printed, person }) => {
            await run();
            assert.match((await printed()).join("\n"), /Google Drive/);
            assert.equal(await isConnected(person), false);
        },
    },
    Files: {
        ...IN_BROWSER,
        play: async ({ run, printed }) => {
            await run();
            assert.ok((await printed()).includes("Refund policy false"));
        },
    },
    "Files 2": {
        ...IN_BROWSER,
        play: async ({ page, begin, ended, printed }) => {
            const [popup] = await Promise.all([page.waitForEvent("popup"), begin()]);
            await popup.getByRole("checkbox", { name: "Choose Policies" }).check();
            await popup.getByRole("button", { name: "Choose", exact: true }).click();
            await ended();
            assert.match((await printed()).join("\n"), /Policies/);
        },
    },
    Sync: {
        ...IN_BROWSER,
        before: `${CLIENT}\n${BAR}\ndeclare const fileIds: string[];`,
        globals: async (_, { files }) => ({ fileIds: files }),
        play: async ({ page, run, person }) => {
            await run();
            assert.equal((await bars(page)).at(-1), 100);
            const { collections } = await person.client().listCollections();
            assert.equal(collections.find((one) => one.name === "Handbook")?.file_count, 2);
        },
    },
    Upload: {
        ...IN_BROWSER,
        before: `${CLIENT}\n${BAR}\ndeclare const input: HTMLInputElement, collection_uuid: string;`,
        globals: async (_, { collection }) => ({ collection_uuid: collection }),
        play: async ({ page, run, printed, person }) => {
            const text = "An upload of some size.\n".repeat(20_000);
            await page.setInputFiles("#input", [
                { name: "large.txt", mimeType: "text/plain", buffer: Buffer.from(text) },
                { name: "tool.exe", mimeType: "application/octet-stream", buffer: Buffer.from("MZ") },
            ]);
            await run();
            assert.match((await printed())[0] ?? "", /^large.txt stored/);
            assert.match((await printed())[1] ?? "", /^tool.exe /);
            assert.equal((await bars(page)).at(-1), 100);
            assert.ok((await person.client().listCollections()).collections.some((one) => one.file_count > 0));
        },
    },
    "Upload 2": { where: "node", prints: /^\[ 'stored', 'stored' \]$/m },
    Search: {
        ...IN_BROWSER,
        play: async ({ run, printed, person }) => {
            const connectors = person.client();
            const { folder } = await person.policies();
            const collection = await connectors.createCollection("For searching");
            const { job_id } = await connectors.syncFiles("google_drive", [folder], collection.uuid);
            await connectors.waitForSync("google_drive", job_id);
            await run();
            assert.match((await printed())[0] ?? "", /^Refund policy http/);
        },
    },
    "Errors, retries, cancelling": {
        ...IN_BROWSER,
        play: async ({ run, printed }) => {
            await run();
            assert.match((await printed()).join("\n"), /^not_connected Notion is not connected|^connector_unavailable /);
        },
    },
};

describe("the samples", { skip: withoutBrowser }, () => {
    let product: Product, world: World, browser: Browser;
    let page: Page, errors: string[];
    let compiled: Map<string, Compiled>;
    const sources = new Map<string, { text: string; surroundings: Surroundings }>();

    before(async () => {
        compiled = compile(sources);
        product = await Product.start();
        [world, browser] = await Promise.all([World.start(product.origin), startBrowser({ popups: "allowed" })]);
        await world.approve(false);
    });
    after(async () => {
        await browser?.close();
        await Promise.all([world?.stop(), product.stop()]);
    });
    beforeEach(async () => {
        product.person = await world.newPerson();
        product.passedOn.length = 0;
        ({ page, errors } = await newPage(browser));
    });
    afterEach(async () => {
        await page.context().close();
        assert.deepEqual(errors, []);
    });

    if (GUIDE) each("the guide", GUIDE, OF_THE_GUIDE);
    else test("the guide's samples", { skip: "there is no ../shared/guide: only those of docs/sdk-typescript.md are run" });
    each("the docs", DOCS, OF_THE_DOCS);

    function each(title: string, file: string, plays: Record<string, Play>) {
        const samples = samplesOf(file);
        test(`every sample of ${title} is run`, () => {
            assert.deepEqual(samples.map((sample) => sample.name), Object.keys(plays));
        });
        for (const { name, text } of samples) {
            const play = plays[name];
            if (!play) continue;
            const id = `${title} ${name}`.replace(/\W+/g, "-").toLowerCase();
            sources.set(id, { text, surroundings: play });
            test(`${title}: ${name}`, () => perform(id, text, play));
        }
    }

    async function perform(id: string, text: string, play: Play) {
        const { said, file, module } = compiled.get(id)!;
        assert.deepEqual(said, play.slip === undefined ? [] : [play.slip]);
        const person = product.person!;
        if (play.where === "node") return inNode(file, person, play);

        const given: Given = { files: [], collection: "" };
        // The files are looked up by way of a connection; a sample that connects by itself starts without one.
        if (play.connected || play.placeholders || play.globals) {
            await person.connected();
            given.files = (await person.policies()).files.slice(0, 2);
            given.collection = (await person.client().createCollection("A collection")).uuid;
            if (!play.connected) await person.client().disconnect("google_drive");
        }
        let filled = module;
        for (const [placeholder, value] of Object.entries((await play.placeholders?.(person, given)) ?? {})) {
            assert.ok(text.includes(placeholder), `${placeholder} is in the sample`);
            filled = filled.replaceAll(placeholder, value);
        }
        const globals = (await play.globals?.(person, given)) ?? {};
        product.pages.set("/back", stage("back", {}, true)).set("/back.js", compiled.get(`${id}-2`)?.module ?? "");
        product.pages.set("/", stage("sample", globals, false)).set("/sample.js", filled);
        const scene = await sceneOf(page, person);
        if (play.slip !== undefined) {
            // As it stands it stops where the checker says it will.
            await page.goto(product.origin);
            await assert.rejects(scene.run(), /Assignment to constant variable/);
            product.pages.set("/sample.js", filled.replace("const job =", "let job ="));
        }
        product.passedOn.length = 0;
        await page.goto(product.origin);
        await play.play!(scene);
    }

    async function sceneOf(page: Page, person: Person): Promise<Scene> {
        const printed = () => page.evaluate<string[]>("globalThis.printed");
        const begin = () => page.click("#run");
        const ended = async () => {
            const problem = await (await page.waitForFunction("globalThis.ended")).jsonValue();
            if (problem !== "well") throw new Error(String(problem));
        };
        const run = async () => {
            await begin();
            await ended();
        };
        const consenting = () => page.on("popup", (popup) => void popup.click("#allow"));
        return { page, person, printed, run, begin, ended, consenting, passedOn: product.passedOn };
    }

    async function inNode(file: string, person: Person, { prints }: Play) {
        const folder = await mkdtemp(join(tmpdir(), "gangway-sample-"));
        try {
            await writeFile(join(folder, "May.md"), "# May\n\nA quiet month.");
            const env = { ...process.env, GANGWAY_URL: world.url, GANGWAY_TOKEN: person.token };
            const { stdout } = await promisify(execFile)(process.execPath, [file], { cwd: folder, env, timeout: 60_000 });
            assert.match(stdout, prints!);
        } finally {
            await rm(folder, { recursive: true });
        }
    }
});

/** A page with a button that runs a sample, what samples take as given, and a note of how it ended. */
function stage(name: string, globals: Record<string, unknown>, atOnce: boolean): string {
    const given = JSON.stringify(globals).replace(/</g, "\\u003c");
    return `
<button id="run">Run</button> <button id="button">Connect</button> <input id="input" type="file" multiple>
<script>
const told = (part) => (typeof part === "object" ? JSON.stringify(part) : String(part));
Object.assign(globalThis, ${given}, { bars: [], printed: [], updateProgressBar: (progress) => bars.push(progress) });
console.log = (...parts) => printed.push(parts.map(told).join(" "));
// The samples' own waiting, at a pace for tests.
globalThis.sleep = (milliseconds) => new Promise((done) => setTimeout(done, milliseconds / 40));
const run = () => import("/${name}.js").then(() => "well", String).then((how) => { globalThis.ended = how; });
document.getElementById("run").onclick = run;
if (${atOnce}) run();
</script>`;
}
