// What every client is set up with: where the server is, who calls, how patient a call is.

import { ConnectorError } from "./errors.js";
import { sleep, type Sleep } from "./patience.js";
import type { BrowserSession } from "./session.js";
import { Transport, type AuthToken, type Fetch } from "./transport.js";

export interface ClientOptions {
    /**
     * Where the server is. When left out: in a browser this page's own origin, behind which your product passes
     * `/rest/` on; elsewhere the environment variable `GANGWAY_URL`.
     */
    apiBase?: string | undefined;
    /**
     * The user's token, or a function that answers it, called for each request. When left out: in a browser none, for
     * your product adds it when it passes requests on; elsewhere the environment variable `GANGWAY_TOKEN`, unless
     * `apiBase` names a server of its own.
     */
    authToken?: AuthToken | undefined;
    /** For pages of the server's own origin: the session that stands for a token. */
    session?: BrowserSession | undefined;
    /** Used in place of the global `fetch`. */
    fetch?: Fetch | undefined;
    /** Milliseconds until a call that got no answer fails; 60,000 when left out. Uploads and event streams have no limit. */
    timeout?: number | undefined;
    /** Attempts for a call that may succeed when tried again; 3 when left out, 1 for none but the first. */
    maxAttempts?: number | undefined;
    /** The longest pause that a call waits out by itself, in milliseconds; 120,000 when left out. */
    longestPause?: number | undefined;
    /** For tests: what waiting and chance are. */
    sleep?: Sleep | undefined;
    random?: (() => number) | undefined;
}

export function transportFor(options: ClientOptions): Transport {
    const around = surroundingsOf(globalThis);
    // A token from the surroundings goes to the server from the surroundings and to no other, and to none in a session's place.
    const aroundToken = options.apiBase === undefined && !options.session ? around.authToken : undefined;
    return new Transport({
        base: baseOf(options.apiBase ?? around.apiBase),
        token: options.authToken ?? aroundToken,
        session: options.session,
        fetch: options.fetch ?? ((input, init) => fetch(input, init)),
        timeout: options.timeout ?? 60_000,
        patience: {
            attempts: options.maxAttempts ?? 3,
            longestPause: options.longestPause ?? 120_000,
            sleep: options.sleep ?? sleep,
            random: options.random ?? Math.random,
        },
    });
}

/** One part of a path. Empty or dotted ones would make it another path. */
export function part(id: string): string {
    if (typeof id === "string" && id !== "" && id !== "." && id !== "..") return encodeURIComponent(id);
    throw new ConnectorError({ code: "invalid_option", message: "an id is missing: it must be a text that is not empty" });
}

function baseOf(base: string | undefined): string {
    const missing = "say where the server is: apiBase, or the environment variable GANGWAY_URL";
    if (!base) throw new ConnectorError({ code: "invalid_option", message: missing });
    let url: URL | undefined;
    try {
        url = new URL(base);
    } catch {
        // Told below.
    }
    if (!url || !["https:", "http:"].includes(url.protocol) || url.username || url.password || url.search || url.hash) {
        const message = "apiBase must be an http or https address without user, query and fragment, such as https://connect.example.com";
        throw new ConnectorError({ code: "invalid_option", message });
    }
    return url.href.replace(/\/+$/, "");
}

/** Where there is a page, its origin; elsewhere the environment. */
function surroundingsOf(here: {
    location?: { origin: string };
    process?: { env?: Record<string, string | undefined> };
}): { apiBase?: string | undefined; authToken?: string | undefined } {
    if (here.location?.origin) return { apiBase: here.location.origin };
    const env = here.process?.env;
    return { apiBase: env?.["GANGWAY_URL"], authToken: env?.["GANGWAY_TOKEN"] };
}
