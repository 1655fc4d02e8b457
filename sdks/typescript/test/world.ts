// The real server beside an emulated Google, started as the browser tests start it, and people who use it.

import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { createConnectorsClient, type ConnectorsClient, type ConnectorsClientOptions } from "@pplx-unofficial/sdk";

export const ROOT = fileURLToPath(new URL("../../..", import.meta.url));

interface Told {
    url: string;
    emulator: string;
    admin_key: string;
}

export class World {
    private constructor(
        readonly url: string,
        readonly emulator: string,
        readonly adminKey: string,
        readonly stop: () => Promise<void>,
    ) {}

    /** Starts it; pages on these origins may hear of codes. */
    static async start(...origins: string[]): Promise<World> {
        const program = spawn("python3", [`${ROOT}/tests/browser/world.py`, ...origins], {
            stdio: ["pipe", "pipe", "inherit"],
        });
        const ended = new Promise<void>((resolve) => program.once("close", () => resolve()));
        const lines = createInterface(program.stdout);
        const first = new Promise<string>((resolve) => lines.once("line", resolve));
        const line = await Promise.race([first, ended.then(() => undefined)]);
        if (line === undefined) throw new Error("the server did not start; what it said is above");
        const told = JSON.parse(line) as Told;
        return new World(told.url, told.emulator, told.admin_key, () => {
            program.stdin.end();
            return ended;
        });
    }

    /** A user of their own for each test. */
    async newPerson(plan = "enterprise"): Promise<Person> {
        const user = await this.admin<{ id: string }>("/rest/admin/users", { name: "Ada Example", plan });
        const { token } = await this.admin<{ token: string }>(`/rest/admin/users/${user.id}/tokens`, {});
        return new Person(this, token);
    }

    /** Whether the emulated consent page answers for the person who would press a button. */
    async approve(byItself: boolean): Promise<void> {
        await this.control("PATCH", "/switches", { auto_approve: byItself });
    }

    async control(method: string, path: string, body?: unknown): Promise<unknown> {
        const answer = await fetch(`${this.emulator}/_emulator${path}`, {
            method,
            headers: { "content-type": "application/json" },
            ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        });
        const text = await answer.text();
        if (!answer.ok) throw new Error(`${method} ${path} answered ${answer.status}: ${text}`);
        return text === "" ? undefined : JSON.parse(text);
    }

    private async admin<T>(path: string, body: unknown): Promise<T> {
        const answer = await fetch(this.url + path, {
            method: "POST",
            headers: { authorization: `Bearer ${this.adminKey}`, "content-type": "application/json" },
            body: JSON.stringify(body),
        });
        if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${await answer.text()}`);
        return (await answer.json()) as T;
    }
}

export class Person {
    constructor(
        readonly world: World,
        readonly token: string,
    ) {}

    client(options: ConnectorsClientOptions = {}): ConnectorsClient {
        return createConnectorsClient({ apiBase: this.world.url, authToken: this.token, ...options });
    }

    /** Consents without a browser, and answers what the provider's redirect brings. */
    async consent(authUrl: string): Promise<{ code: string; state: string }> {
        await this.world.approve(true);
        const answer = await fetch(authUrl, { redirect: "manual" });
        const back = new URL(answer.headers.get("location") ?? "about:blank").searchParams;
        await this.world.approve(false);
        return { code: back.get("code") ?? "", state: back.get("state") ?? "" };
    }

    /** Connects Google Drive; answers the client it was done with. */
    async connected(options: ConnectorsClientOptions = {}): Promise<ConnectorsClient> {
        const connectors = this.client(options);
        const { auth_url } = await connectors.authorize("google_drive");
        await connectors.token("google_drive", await this.consent(auth_url));
        return connectors;
    }

    /** Ids of files in the demo's folder of policies, smallest first. */
    async policies(): Promise<{ folder: string; files: string[] }> {
        const connectors = this.client();
        const { files } = await connectors.listFiles("google_drive");
        const folder = files.find((file) => file.name === "Policies")?.id ?? "";
        const below = await connectors.listFiles("google_drive", { folder_id: folder });
        return { folder, files: below.files.filter((file) => file.kind === "file").map((file) => file.id) };
    }
}
