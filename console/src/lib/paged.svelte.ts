// Lists that come in pages: the rows so far, and how to get more.

import { untrack } from "svelte";
import { noticed } from "./server.svelte.js";

export interface PageOf<T> {
    rows: T[];
    next_cursor?: string | null | undefined;
    has_more: boolean;
}

export class Paged<T> {
    rows = $state.raw<T[] | undefined>();
    error = $state.raw<unknown>();
    busy = $state(false);
    more = $state(false);
    #cursor: string | undefined;
    #stop: AbortController | undefined;

    constructor(private readonly fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>) {}

    get waiting(): boolean {
        return this.rows === undefined && this.error === undefined;
    }

    /** Starts over; what is shown stays until the first page is here. */
    async load(): Promise<void> {
        this.#cursor = undefined;
        await this.#fetch(true);
    }

    async loadMore(): Promise<void> {
        if (this.more && !this.busy) await this.#fetch(false);
    }

    async #fetch(anew: boolean): Promise<void> {
        this.#stop?.abort();
        const stop = (this.#stop = new AbortController());
        this.busy = true;
        try {
            const page = await this.fetch(this.#cursor, stop.signal);
            if (stop.signal.aborted) return;
            this.rows = anew ? page.rows : [...(this.rows ?? []), ...page.rows];
            this.#cursor = page.next_cursor ?? undefined;
            this.more = page.has_more;
            this.error = undefined;
        } catch (error) {
            if (stop.signal.aborted) return;
            noticed(error);
            this.error = error;
        } finally {
            if (!stop.signal.aborted) this.busy = false;
        }
    }

    clear(): void {
        this.#stop?.abort();
        this.rows = undefined;
        this.error = undefined;
        this.more = false;
        this.busy = false;
    }
}

/** Loads as soon as the component is there, and anew whenever what `key` reads changes. */
export function paged<T>(
    fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
    key: () => unknown = () => undefined,
): Paged<T> {
    const kept = new Paged(fetch);
    $effect(() => {
        key();
        untrack(() => {
            kept.clear();
            void kept.load();
        });
        return () => kept.clear();
    });
    return kept;
}
