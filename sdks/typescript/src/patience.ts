// Waiting and trying again: the guide's strategy, with the wait handed in so that tests need none.

import { ConnectorError } from "./errors.js";

/** Waits so many milliseconds; is rejected with the signal's reason when that comes first. */
export type Sleep = (milliseconds: number, signal?: AbortSignal) => Promise<void>;

export const sleep: Sleep = (milliseconds, signal) =>
    new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const stop = () => {
            clearTimeout(timer);
            reject(signal?.reason);
        };
        const timer = setTimeout(() => {
            signal?.removeEventListener("abort", stop);
            resolve();
        }, milliseconds);
        signal?.addEventListener("abort", stop, { once: true });
    });

/**
 * What may be sent again without asking whether the first time had an effect.
 * - `always`: reading, or doing twice what is the same as once.
 * - `refused`: only when the server said that it did nothing.
 * - `never`: not at all; a code or a stream is gone once it was sent.
 */
export type Repeatable = "always" | "refused" | "never";

export interface Patience {
    /** Attempts in all. */
    attempts: number;
    /** The longest pause a call waits out, in milliseconds; a longer one is the caller's to decide. */
    longestPause: number;
    sleep: Sleep;
    /** 0 ≤ x < 1; spreads those who failed together. */
    random: () => number;
}

/** Whether the same request, sent again, may succeed. */
function mayPass(error: unknown, repeatable: Repeatable): error is ConnectorError {
    if (!(error instanceof ConnectorError) || repeatable === "never") return false;
    switch (error.code) {
        case "token_expired":
        case "rate_limit":
        case "connector_error":
            return true;
        case "unavailable":
        case "network_error":
        case "timeout":
            return repeatable === "always";
        default:
            return false;
    }
}

/** Milliseconds until the next attempt: what the server asked for, else 1 s, 2 s, 4 s …, each shortened by up to half. */
export function pauseAfter(error: unknown, attempt: number, random: () => number): number {
    const asked = error instanceof ConnectorError ? error.retry_after : undefined;
    return asked === undefined ? 2 ** attempt * 1000 * (1 - random() / 2) : asked * 1000;
}

/** Calls until it succeeds, cannot succeed, or has had its attempts; then throws the last failure. */
export async function withPatience<T>(
    patience: Patience,
    call: {
        once: () => Promise<T>;
        repeatable: Repeatable;
        /** Has the server renew the provider's access token; left out where there is none. */
        refresh?: (() => Promise<unknown>) | undefined;
        /** For deeds without an answer to read: whether this failure of a repetition says that the deed is done. */
        isDone?: ((error: unknown) => boolean) | undefined;
        signal?: AbortSignal | undefined;
    },
): Promise<T> {
    for (let attempt = 0; ; attempt += 1) {
        try {
            return await call.once();
        } catch (error) {
            if (attempt > 0 && call.isDone?.(error)) return undefined as T;
            if (!mayPass(error, call.repeatable) || attempt + 1 >= patience.attempts) throw error;
            if (error.code === "token_expired" && call.refresh) {
                await call.refresh();
                continue;
            }
            const pause = pauseAfter(error, attempt, patience.random);
            if (pause > patience.longestPause) throw error;
            await patience.sleep(pause, call.signal);
        }
    }
}
