// What a page loads: the value, whether it is on its way, and what went wrong.

import { untrack } from "svelte";
import { noticed } from "./server.svelte.js";

/** A value that is fetched, and fetched again; of several answers only that to the last question counts. */
export class Loaded<T> {
    value = $state.raw<T | undefined>();
    error = $state.raw<unknown>();
    busy = $state(false);
    #calls = 0;
    #stop: AbortController | undefined;

    constructor(private readonly fetch: (signal: AbortSignal) => Promise<T>) {}

    /** Whether there is nothing to show yet, and no failure either. */
    get waiting(): boolean {
        return this.value === undefined && this.error === undefined;
    }

    async load(): Promise<void> {
        this.#stop?.abort();
        const stop = (this.#stop = new AbortController());
        const call = ++this.#calls;
        this.busy = true;
        try {
            const value = await this.fetch(stop.signal);
            if (call !== this.#calls) return;
            this.value = value;
            this.error = undefined;
        } catch (error) {
            if (call !== this.#calls || stop.signal.aborted) return;
            noticed(error);
            this.error = error;
        } finally {
            if (call === this.#calls) this.busy = false;
        }
    }

    stop(): void {
        this.#calls += 1;
        this.#stop?.abort();
        this.busy = false;
    }
}

/** Loads as soon as the component is there, and whenever what `key` reads changes; stops when it is gone. */
export function loaded<T>(fetch: (signal: AbortSignal) => Promise<T>, key: () => unknown = () => undefined): Loaded<T> {
    const kept = new Loaded(fetch);
    let before: unknown;
    $effect(() => {
        const now = key();
        untrack(() => {
            // What belongs to another key is not shown while this one's is on its way.
            if (now !== before) kept.value = undefined;
            before = now;
            void kept.load();
        });
        return () => kept.stop();
    });
    return kept;
}
