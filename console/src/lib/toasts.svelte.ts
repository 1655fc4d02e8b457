// Short news at the page's edge, read out once.

import { noticed } from "./server.svelte.js";
import { trouble } from "./words.js";

export interface Toast {
    id: number;
    tone: "good" | "bad";
    text: string;
    link?: { text: string; address: string } | undefined;
}

let all = $state.raw<Toast[]>([]);
let last = 0;
const SHOWN = 7_000;

export const toasts = {
    get all(): Toast[] {
        return all;
    },
    say(text: string, link?: Toast["link"]): void {
        show({ id: ++last, tone: "good", text, link });
    },
    fail(error: unknown): void {
        noticed(error);
        const { title, text } = trouble(error);
        show({ id: ++last, tone: "bad", text: `${title}. ${text}` });
    },
    close(id: number): void {
        all = all.filter((one) => one.id !== id);
    },
};

function show(toast: Toast): void {
    all = [...all.slice(-2), toast];
    // What went wrong stays until it is closed.
    if (toast.tone === "good") setTimeout(() => toasts.close(toast.id), SHOWN);
}
