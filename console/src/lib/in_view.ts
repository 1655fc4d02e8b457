// A strip of links that scrolls sideways where it is narrow: the one for where one is stays in sight.

import type { Attachment } from "svelte/attachments";

/** Scrolls the link with `aria-current` to the middle, now and whenever it becomes another one or the strip another width. */
export const currentInView: Attachment<HTMLElement> = (strip) => {
    const show = () => {
        const current = strip.querySelector<HTMLElement>("[aria-current=page]");
        if (!current) return;
        const [whole, one] = [strip.getBoundingClientRect(), current.getBoundingClientRect()];
        strip.scrollLeft += one.left + one.width / 2 - (whole.left + whole.width / 2);
    };
    const watch = new MutationObserver(show);
    watch.observe(strip, { attributes: true, attributeFilter: ["aria-current"], childList: true, subtree: true });
    const sized = new ResizeObserver(show);
    sized.observe(strip);
    return () => {
        watch.disconnect();
        sized.disconnect();
    };
};
