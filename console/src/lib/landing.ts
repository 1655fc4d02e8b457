// Where the keyboard goes on after what it was at has been replaced: by another page, by another folder's files.

import { tick } from "svelte";

/** Whether the focus is nowhere, as it is after the element that had it has gone. */
export function isLost(): boolean {
    return document.activeElement === null || document.activeElement === document.body;
}

/** Once what changed is shown: puts the focus to the first of these that is there, if it was lost. */
export async function landOn(...places: (() => Element | null | undefined)[]): Promise<void> {
    await tick();
    if (!isLost()) return;
    const found = places.map((place) => place()).find((one) => one instanceof HTMLElement);
    if (found instanceof HTMLElement) found.focus({ preventScroll: true });
}

/** The first row of a list of files, or where one is when there is none. */
export function landInFiles(place: HTMLElement | undefined): Promise<void> {
    return landOn(() => place?.querySelector("[data-row] [data-main]"), () => place?.querySelector("[aria-current]"));
}

/**
 * Puts the focus to a page's heading, and to the one that takes its place when what was loading is there. The answer is how
 * to leave off.
 */
export function landOnHeading(page: HTMLElement): () => void {
    let heading: HTMLElement | undefined;
    const take = () => {
        const found = page.querySelector<HTMLElement>("h1");
        if (!found) return;
        heading = found;
        heading.tabIndex = -1;
        heading.focus({ preventScroll: true });
    };
    const watch = new MutationObserver(() => {
        if (heading?.isConnected) return;
        // Whoever has gone on meanwhile is left where they are.
        if (isLost()) take();
        else watch.disconnect();
    });
    take();
    watch.observe(page, { childList: true, subtree: true });
    return () => watch.disconnect();
}
