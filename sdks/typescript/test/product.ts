// A product that uses the SDK: a page on localhost, the API passed on to the server, and the browser that looks at it.

import { createReadStream } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join, normalize } from "node:path";
import { pipeline } from "node:stream/promises";
import { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { chromium, type Browser, type Page } from "playwright-core";
import type { Person } from "./world.js";

const SDK = fileURLToPath(new URL("../dist/", import.meta.url));
const FLAGS = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"];
const HTML = `<!doctype html>
<meta charset="utf-8">
<title>A product</title>
<link rel="icon" href="data:,">
<script type="importmap">{"imports": {"@pplx-unofficial/sdk": "/sdk/index.js"}}</script>
`;

/** Serves pages and the built SDK; what is below /rest/ goes to the server with the person's token. */
export class Product {
    readonly pages = new Map<string, string>();
    readonly passedOn: string[] = [];
    person: Person | undefined;

    private constructor(
        private readonly server: Server,
        readonly origin: string,
    ) {}

    static async start(host = "localhost"): Promise<Product> {
        const server = createServer();
        await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
        const product = new Product(server, `http://${host}:${(server.address() as AddressInfo).port}`);
        server.on("request", (request, response) => {
            product.answer(request, response).catch(() => response.destroy());
        });
        return product;
    }

    stop(): Promise<void> {
        this.server.closeAllConnections();
        return new Promise((resolve) => this.server.close(() => resolve()));
    }

    private async answer(request: IncomingMessage, response: ServerResponse) {
        const { pathname, search } = new URL(request.url ?? "/", this.origin);
        if (pathname.startsWith("/rest/")) return this.passOn(request, response, pathname + search);
        const page = this.pages.get(pathname);
        if (page !== undefined) {
            const type = pathname.endsWith(".js") ? "text/javascript" : "text/html; charset=utf-8";
            response.writeHead(200, { "content-type": type }).end(pathname.endsWith(".js") ? page : HTML + page);
        } else if (pathname.startsWith("/sdk/")) {
            response.writeHead(200, { "content-type": "text/javascript" });
            await pipeline(createReadStream(join(SDK, normalize(pathname.slice("/sdk".length)))), response);
        } else {
            response.writeHead(404).end();
        }
    }

    private async passOn(request: IncomingMessage, response: ServerResponse, path: string) {
        if (!this.person) throw new Error("nobody is signed in");
        const headers = new Headers({ authorization: `Bearer ${this.person.token}` });
        for (const name of ["accept", "content-type"]) {
            const value = request.headers[name];
            if (typeof value === "string") headers.set(name, value);
        }
        const left = new AbortController();
        response.on("close", () => left.abort());
        const init = { method: request.method ?? "GET", headers, signal: left.signal, duplex: "half" };
        const body = ["GET", "DELETE"].includes(init.method) ? null : (Readable.toWeb(request) as ReadableStream);
        const answer = await fetch(this.person.world.url + path, { ...init, body } as RequestInit);
        this.passedOn.push(`${init.method} ${path.split("?")[0]} ${answer.status}`);
        response.writeHead(answer.status, { "content-type": answer.headers.get("content-type") ?? "text/plain" });
        if (answer.body) await pipeline(Readable.fromWeb(answer.body as never), response);
        else response.end();
    }
}

/** Headless Chromium, as the other browser tests start it; popups are blocked as people's browsers block them. */
export function startBrowser({ popups }: { popups: "blocked" | "allowed" }): Promise<Browser> {
    return chromium.launch({
        executablePath: process.env["TEST_CHROMIUM"] ?? "/usr/bin/chromium",
        args: FLAGS,
        chromiumSandbox: false,
        ...(popups === "blocked" ? { ignoreDefaultArgs: ["--disable-popup-blocking"] } : {}),
    });
}

/** A page of its own, whose errors the test can ask for; a refused call shows up as a failed resource and is none. */
export async function newPage(browser: Browser): Promise<{ page: Page; errors: string[] }> {
    const context = await browser.newContext();
    context.setDefaultTimeout(20_000);
    const errors: string[] = [];
    context.on("weberror", (error) => errors.push(String(error.error())));
    context.on("console", (said) => {
        if (said.type() === "error" && !/Failed to load resource|postMessage/.test(said.text())) errors.push(said.text());
    });
    return { page: await context.newPage(), errors };
}

export const withoutBrowser = process.env["GANGWAY_SKIP_BROWSER"] === "1" && "the browser tests are left out (GANGWAY_SKIP_BROWSER=1)";
