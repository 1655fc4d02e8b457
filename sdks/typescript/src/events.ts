// Reads server-sent events from an answer's body: unlike EventSource, with the Authorization header that fetch can send.

import type { Sleep } from "./patience.js";

export interface ServerEvent {
    event: string;
    data: string;
}

/** Events as the bytes of `text/event-stream` arrive; comments only prove that the other side is there. */
export async function* eventsOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<ServerEvent> {
    let event = "message";
    let data: string[] = [];
    for await (const line of linesOf(bytes)) {
        if (line === "") {
            if (data.length > 0) yield { event, data: data.join("\n") };
            event = "message";
            data = [];
            continue;
        }
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "event") event = value;
        if (name === "data") data.push(value);
    }
}

/** Lines end with CR LF, LF or CR; a CR at the end of a piece may be half of an end. */
async function* linesOf(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    let rest = "";
    for await (const piece of bytes) {
        rest += decoder.decode(piece, { stream: true });
        for (let end = /\r\n|\n|\r(?!$)/.exec(rest); end; end = /\r\n|\n|\r(?!$)/.exec(rest)) {
            yield rest.slice(0, end.index);
            rest = rest.slice(end.index + end[0].length);
        }
    }
}

/** The pieces of a stream; fails when none comes for so long. Leaving the loop early cancels the stream. */
export async function* piecesOf(
    stream: ReadableStream<Uint8Array>,
    silence: number,
    sleep: Sleep,
): AsyncGenerator<Uint8Array> {
    const reader = stream.getReader();
    try {
        for (;;) {
            const waiting = new AbortController();
            const tooQuiet = sleep(silence, waiting.signal).then(
                () => Promise.reject(new Error("the stream of events went silent")),
                () => new Promise<never>(() => {}),
            );
            const { done, value } = await Promise.race([reader.read(), tooQuiet]).finally(() => waiting.abort());
            if (done) return;
            yield value;
        }
    } finally {
        await reader.cancel().catch(() => {});
    }
}
