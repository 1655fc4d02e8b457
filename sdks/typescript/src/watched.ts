// Browsers: the older way of calling is the only one that tells how much of a body has been sent.

import { failureOf } from "./errors.js";
import { parsed, unreachable, type Call, type Transport } from "./transport.js";

export interface Told {
    sent: number;
    total: number | undefined;
}

/** Whether a body can be watched on its way here; `fetch` of a caller's own is used instead when there is one. */
export function canWatch(ownFetch: boolean): boolean {
    return !ownFetch && typeof XMLHttpRequest !== "undefined";
}

/** Sends once, tells how far it is, and has the good answer read. */
export async function watched<T>(
    transport: Transport,
    call: Call,
    body: XMLHttpRequestBodyInit,
    told: (how: Told) => void,
    read: (answer: XMLHttpRequest) => T,
): Promise<T> {
    const { signal } = call;
    signal?.throwIfAborted();
    const headers = { accept: "application/json", ...call.headers, ...(await transport.authorization()) };
    const request = new XMLHttpRequest();
    request.open(call.method, transport.url(call));
    for (const [name, value] of Object.entries(headers)) request.setRequestHeader(name, value);
    const stop = () => request.abort();
    signal?.addEventListener("abort", stop, { once: true });
    return new Promise<T>((resolve, reject: (reason: unknown) => void) => {
        request.upload.onprogress = ({ loaded, total, lengthComputable }) =>
            told({ sent: loaded, total: lengthComputable ? total : undefined });
        request.onabort = () => reject(signal?.reason);
        request.onerror = () => reject(unreachable(call));
        request.onload = () => {
            const { status } = request;
            try {
                if (status >= 200 && status <= 299) return resolve(read(request));
                const header = (name: string) => request.getResponseHeader(name);
                reject(failureOf({ status, body: parsed(request.responseText), header }, call.connector_id));
            } catch (error) {
                reject(error);
            }
        };
        request.send(body);
    }).finally(() => signal?.removeEventListener("abort", stop));
}
