// One row of a list for the tab key; arrows go through its rows, Home and End to its ends.

import type { Attachment } from "svelte/attachments";

/** Rows are elements with `data-row`; in each, `data-main` takes the focus. */
export const roving: Attachment<HTMLElement> = (list) => {
    const mains = () => [...list.querySelectorAll<HTMLElement>("[data-row] [data-main]")];
    const settle = (chosen?: HTMLElement) => {
        const all = mains();
        const current = chosen ?? all.find((one) => one.tabIndex === 0) ?? all[0];
        const row = current?.closest("[data-row]");
        // A row's other controls are stops as long as the row is the current one.
        for (const one of list.querySelectorAll<HTMLElement>("[data-row] :is(a, button, input)")) {
            const tabIndex = one === current || (one.dataset["main"] === undefined && row?.contains(one)) ? 0 : -1;
            if (one.tabIndex !== tabIndex) one.tabIndex = tabIndex;
        }
    };
    const key = (event: KeyboardEvent) => {
        const steps: Record<string, number> = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };
        const step = steps[event.key];
        if (step === undefined || event.target instanceof HTMLInputElement && event.target.type === "text") return;
        const all = mains();
        const row = event.target instanceof Element ? event.target.closest("[data-row]") : null;
        const at = all.findIndex((one) => row?.contains(one));
        const next = all[Math.min(all.length - 1, Math.max(0, at + step))];
        if (!next) return;
        event.preventDefault();
        settle(next);
        next.focus();
    };
    const focus = (event: FocusEvent) => {
        if (event.target instanceof HTMLElement && event.target.dataset["main"] !== undefined) settle(event.target);
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
