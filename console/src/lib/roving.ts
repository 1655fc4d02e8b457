// One row of a list for the tab key; arrows go through its rows, Home and End to its ends.

import type { Attachment } from "svelte/attachments";

/** What one goes along: what opens or chooses a row, or the boxes that choose. */
type Column = "main" | "choose";

/**
 * Rows are elements with `data-row`; in each, `data-main` takes the focus, and `data-choose` is its box. Arrows stay in the
 * column one is in, as far as the rows have it.
 */
export const roving: Attachment<HTMLElement> = (list) => {
    let column: Column = "main";
    let byArrow = false;

    const mains = () => [...list.querySelectorAll<HTMLElement>("[data-row] [data-main]")];
    /** Where arrows stop: one place in every row that has one. */
    const stops = () =>
        [...list.querySelectorAll("[data-row]")].flatMap((row) => {
            const main = row.querySelector<HTMLElement>("[data-main]");
            const box = column === "choose" ? row.querySelector<HTMLElement>("[data-choose]:enabled") : null;
            return box ?? main ?? [];
        });
    /** Makes all controls of one row stops for the tab key, and no others. */
    const settle = (chosen?: Element | null) => {
        const current = chosen ?? (mains().find((one) => one.tabIndex === 0) ?? mains()[0])?.closest("[data-row]");
        for (const one of list.querySelectorAll<HTMLElement>("[data-row] :is(a, button, input)")) {
            const tabIndex = current?.contains(one) ? 0 : -1;
            if (one.tabIndex !== tabIndex) one.tabIndex = tabIndex;
        }
    };
    const key = (event: KeyboardEvent) => {
        const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
        const step = steps[event.key];
        if (step === undefined || event.target instanceof HTMLInputElement && event.target.type === "text") return;
        const all = stops();
        const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
        const at = all.findIndex((one) => row?.contains(one));
        const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
        if (!next) return;
        event.preventDefault();
        byArrow = true;
        next.focus();
        byArrow = false;
    };
    const focus = (event: FocusEvent) => {
        const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
        if (!row || !(event.target instanceof HTMLElement)) return;
        // A row without a box of its own for the column does not end it: arrows go on in it below.
        if (!byArrow) column = event.target.dataset["choose"] === undefined ? "main" : "choose";
        settle(row);
    };
    list.addEventListener("keydown", key);
    list.addEventListener("focusin", focus);
    const watch = new MutationObserver(() => settle());
    watch.observe(list, { childList: true, subtree: true });
    settle();
    return () => {
        watch.disconnect();
        list.removeEventListener("keydown", key);
        list.removeEventListener("focusin", focus);
    };
};
