// Lists of the console that come in pages, loaded with the component that shows them.

import { untrack } from "svelte";
import { Paged, type PageOf } from "./pages_of.svelte.js";
import { noticed } from "./server.svelte.js";

/** Loads as soon as the component is there, and anew whenever what `key` reads changes. */
export function paged<T>(
    fetch: (cursor: string | undefined, signal: AbortSignal) => Promise<PageOf<T>>,
    key: () => unknown = () => undefined,
): Paged<T> {
    const kept = new Paged(fetch, noticed);
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
