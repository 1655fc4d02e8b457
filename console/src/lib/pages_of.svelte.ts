// Lists that come in pages: the rows so far, how to get more, and what went wrong.

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
    #anew = true;
    #stop: AbortController | undefined;

    constructor(
        private readonly fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
        private readonly noticed: (error: unknown) => void,
    ) {}

    get waiting(): boolean {
        return this.rows === undefined && this.error === undefined;
    }

    /** Starts over; what is shown stays until the first page is here. */
    async load(): Promise<void> {
        await this.#fetch(true);
    }

    async loadMore(): Promise<void> {
        if (this.more && !this.busy) await this.#fetch(false);
    }

    /** Tries once more what went wrong. */
    async again(): Promise<void> {
        if (!this.busy) await this.#fetch(this.#anew);
    }

    async #fetch(anew: boolean): Promise<void> {
        this.#anew = anew;
        this.#stop?.abort();
        const stop = (this.#stop = new AbortController());
        this.busy = true;
        try {
            const page = await this.fetch(anew ? undefined : this.#cursor, stop.signal);
            if (stop.signal.aborted) return;
            this.rows = anew ? page.rows : [...(this.rows ?? []), ...page.rows];
            this.#cursor = page.next_cursor ?? undefined;
            this.more = page.has_more;
            this.error = undefined;
        } catch (error) {
            if (stop.signal.aborted) return;
            this.noticed(error);
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
