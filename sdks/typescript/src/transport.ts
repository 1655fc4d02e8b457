// One request and its answer: address, token, time limit, and failures in their classes.

import { ConnectorError, failureOf, NetworkError } from "./errors.js";
import { eventsOf, piecesOf, type ServerEvent } from "./events.js";
import { withPatience, type Patience, type Repeatable } from "./patience.js";

export type Fetch = (input: string, init?: RequestInit) => Promise<Response>;
export type AuthToken = string | (() => string | Promise<string>);

/** What calls by a browser's session show beside its cookie, which no page can read. */
export interface SessionProof {
    readonly csrfToken: string | undefined;
}

export interface Call {
    method: "GET" | "POST" | "PATCH" | "DELETE";
    path: string;
    query?: Record<string, string | number | boolean | undefined>;
    /** Sent as JSON. */
    json?: unknown;
    /** Sent as it is. */
    body?: NonNullable<RequestInit["body"]>;
    headers?: Record<string, string>;
    repeatable: Repeatable;
    connector_id?: string;
    /** A deletion: when it is sent again and nothing is there any more, the first time did it. */
    deletes?: true;
    /** Which connection's access token to renew when it has ended; unset where the call asks no provider. */
    refresh?: (() => Promise<unknown>) | undefined;
    /** No limit on the time: not for sending and reading, or not for reading once the answer has begun. */
    unhurried?: "throughout" | "reading";
    signal?: AbortSignal | undefined;
}

export class Transport {
    readonly base: string;
    readonly fetch: Fetch;
    readonly patience: Patience;
    readonly #token: AuthToken | undefined;
    readonly #session: SessionProof | undefined;
    readonly #timeout: number;

    constructor(options: {
        base: string;
        token: AuthToken | undefined;
        session: SessionProof | undefined;
        fetch: Fetch;
        timeout: number;
        patience: Patience;
    }) {
        this.base = options.base;
        this.fetch = options.fetch;
        this.patience = options.patience;
        this.#token = options.token;
        this.#session = options.session;
        this.#timeout = options.timeout;
        if (typeof options.token === "string") checked(options.token);
    }

    /** Calls, with the patience the call allows, and reads the answer's JSON. */
    json<T>(call: Call): Promise<T> {
        return this.patiently(call, () =>
            this.send(call, async (answer) => {
                const text = await answer.text();
                if (text === "") return undefined as T;
                const body = parsed(text);
                if (body === undefined) throw unreadable(answer.status, call);
                return body as T;
            }),
        );
    }

    patiently<T>(call: Call, once: () => Promise<T>): Promise<T> {
        const { repeatable, refresh, signal } = call;
        const isDone = call.deletes ? isGone : undefined;
        return withPatience(this.patience, { once, repeatable, refresh, isDone, signal });
    }

    /** Sends once and lets the good answer be read; nothing is left listening afterwards, whatever happens. */
    async send<T>(call: Call, read: (answer: Response) => Promise<T>): Promise<T> {
        const limit = this.limit(call);
        try {
            return await read(await this.answerTo(call, limit));
        } catch (cause) {
            throw this.explained(call, limit, cause);
        } finally {
            limit.end();
        }
    }

    /** Server-sent events of one answer. Leaving the loop ends the request. */
    async *events(call: Call, silence: number): AsyncGenerator<ServerEvent> {
        const limit = this.limit(call);
        try {
            const answer = await this.answerTo({ ...call, headers: { accept: "text/event-stream" } }, limit);
            if (answer.body) yield* eventsOf(piecesOf(answer.body, silence, this.patience.sleep));
        } catch (cause) {
            throw this.explained(call, limit, cause);
        } finally {
            limit.end();
        }
    }

    private limit(call: Call): Limit {
        return new Limit(call.unhurried === "throughout" ? undefined : this.#timeout, call.signal);
    }

    private async answerTo(call: Call, limit: Limit): Promise<Response> {
        call.signal?.throwIfAborted();
        const answer = await this.fetch(this.url(call), { ...(await this.init(call)), signal: limit.signal });
        if (!answer.ok) {
            const header = (name: string) => answer.headers.get(name);
            throw failureOf({ status: answer.status, header, body: parsed(await answer.text()) }, call.connector_id);
        }
        if (call.unhurried !== undefined) limit.lift();
        return answer;
    }

    private explained(call: Call, limit: Limit, cause: unknown): unknown {
        if (call.signal?.aborted) return call.signal.reason;
        if (cause instanceof ConnectorError) return cause;
        return limit.passed ? tooLate(call, this.#timeout) : unreachable(call, cause);
    }

    private async init(call: Call): Promise<RequestInit> {
        const headers: Record<string, string> = {
            accept: "application/json",
            ...call.headers,
            ...(await this.authorization()),
        };
        if (call.json !== undefined) {
            headers["content-type"] = "application/json";
            return { method: call.method, headers, body: JSON.stringify(call.json) };
        }
        if (call.body === undefined) return { method: call.method, headers };
        const init = { method: call.method, headers, body: call.body };
        // Node sends a stream only when told that the answer comes after it.
        return call.body instanceof ReadableStream ? Object.assign(init, { duplex: "half" }) : init;
    }

    url(call: Call): string {
        const query = new URLSearchParams();
        for (const [name, value] of Object.entries(call.query ?? {})) {
            if (value !== undefined) query.set(name, String(value));
        }
        const text = query.toString();
        return `${this.base}${call.path}${text === "" ? "" : `?${text}`}`;
    }

    async authorization(): Promise<Record<string, string>> {
        if (this.#token === undefined) {
            const proof = this.#session?.csrfToken;
            return proof === undefined ? {} : { "x-csrf-token": proof };
        }
        const token = typeof this.#token === "string" ? this.#token : await this.#token();
        return { authorization: `Bearer ${checked(token)}` };
    }
}

function isGone(error: unknown): boolean {
    return error instanceof ConnectorError && (error.code === "not_found" || error.code === "not_connected");
}

/** An abort signal that follows the caller's, and also ends by time. */
class Limit {
    passed = false;
    readonly #controller = new AbortController();
    readonly #given: AbortSignal | undefined;
    readonly #timer: ReturnType<typeof setTimeout> | undefined;
    readonly #follow = () => this.#controller.abort(this.#given?.reason);

    constructor(timeout: number | undefined, given: AbortSignal | undefined) {
        this.#given = given;
        given?.addEventListener("abort", this.#follow, { once: true });
        if (timeout === undefined) return;
        this.#timer = setTimeout(() => {
            this.passed = true;
            this.#controller.abort();
        }, timeout);
    }

    get signal(): AbortSignal {
        return this.#controller.signal;
    }

    /** From here on there is no hurry; the caller's signal still counts. */
    lift() {
        clearTimeout(this.#timer);
    }

    end() {
        this.lift();
        this.#given?.removeEventListener("abort", this.#follow);
    }
}

/** The token, if it can stand in a header. Otherwise `fetch` would refuse it, and quote it in its error. */
function checked(token: string): string {
    if (typeof token === "string" && /^[\x21-\x7e]+$/.test(token)) return token;
    throw new ConnectorError({
        code: "invalid_option",
        message: "authToken is empty or holds characters that no token has, such as spaces or line breaks",
    });
}

export function parsed(text: string): unknown {
    try {
        return JSON.parse(text) as unknown;
    } catch {
        return undefined;
    }
}

export function unreadable(status: number, call: Call): ConnectorError {
    return new ConnectorError({
        code: "bad_answer",
        status,
        connector_id: call.connector_id,
        message: "the answer is not JSON: check that apiBase leads to Gangway and not to a page",
    });
}

export function unreachable(call: Call, cause?: unknown): NetworkError {
    return new NetworkError({
        code: "network_error",
        connector_id: call.connector_id,
        message: `${call.method} ${call.path}: the server did not answer. Check apiBase and that the server runs; in a browser, that this page's origin is in allowed_origins`,
        cause,
    });
}

function tooLate(call: Call, timeout: number): NetworkError {
    return new NetworkError({
        code: "timeout",
        connector_id: call.connector_id,
        message: `${call.method} ${call.path}: no answer within ${timeout / 1000} seconds`,
    });
}
