// A server that answers by a script, and remembers what it was asked.

import type { ConnectorsClientOptions, Fetch } from "@pplx-unofficial/sdk";

export interface Asked {
    method: string;
    path: string;
    query: URLSearchParams;
    headers: Headers;
    json: unknown;
}

export type Answer = (asked: Asked, init: RequestInit) => Response | Promise<Response>;

/** The script's answers in turn; asking more often fails the test. */
export function scripted(...answers: Answer[]) {
    const asked: Asked[] = [];
    const pauses: number[] = [];
    const fetch: Fetch = async (input, init = {}) => {
        const url = new URL(input);
        const one: Asked = {
            method: init.method ?? "GET",
            path: url.pathname,
            query: url.searchParams,
            headers: new Headers(init.headers),
            json: typeof init.body === "string" ? JSON.parse(init.body) : undefined,
        };
        asked.push(one);
        const answer = answers.shift();
        if (!answer) throw new Error(`the script has no answer to ${one.method} ${one.path}`);
        return answer(one, init);
    };
    const options: ConnectorsClientOptions = {
        apiBase: "https://connect.example.com",
        authToken: "secret-user-token",
        fetch,
        random: () => 0,
        sleep: async (milliseconds, signal) => {
            // The pause between events is a limit, not a wait: it never comes here.
            if (milliseconds === 45_000) return new Promise((_, reject) => signal?.addEventListener("abort", reject));
            pauses.push(milliseconds);
        },
    };
    return { asked, pauses, options };
}

export function json(body: unknown, status = 200, headers: Record<string, string> = {}): Answer {
    return () => new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json", ...headers } });
}

export function refused(code: string, status: number, details: Record<string, unknown> = {}, headers = {}): Answer {
    return json({ error: { code, message: `the sentence for ${code}`, details } }, status, headers);
}

export const unreachable: Answer = () => {
    throw new TypeError("fetch failed");
};

/** Answers only when it is called off. */
export const silent: Answer = (_, init) =>
    new Promise((_resolve, reject) =>
        init.signal?.addEventListener("abort", () => reject(init.signal?.reason), { once: true }),
    );

/** An event stream of these pieces; `open` keeps it open after them. */
export function events(pieces: string[], open = false, onCancel?: () => void): Answer {
    return () => {
        const bytes = new TextEncoder();
        const body = new ReadableStream<Uint8Array>({
            start(controller) {
                for (const piece of pieces) controller.enqueue(bytes.encode(piece));
                if (!open) controller.close();
            },
            cancel: () => onCancel?.(),
        });
        return new Response(body, { headers: { "content-type": "text/event-stream" } });
    };
}

export function event(name: string, data: unknown): string {
    return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
