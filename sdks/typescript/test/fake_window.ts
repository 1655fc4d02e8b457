// A window whose clock and messages the test holds.

import assert from "node:assert/strict";
import type { PopupHost, PopupMessage } from "@pplx-unofficial/sdk";

export const CALLBACK = "https://connect.example.com";
let count = 0;

export class FakePopup {
    closed = false;
    url = "";
    readonly location = { replace: (url: string) => void (this.url = url) };
    close() {
        this.closed = true;
    }
    focus() {}
}

export class FakeWindow implements PopupHost {
    popup: FakePopup | null = new FakePopup();
    opened: string[] = [];
    listeners = new Set<(event: PopupMessage) => void>();
    timers = new Map<number, { run: () => void; at: number }>();
    now = 0;
    stored = new Map<string, string>();
    sessionStorage = {
        getItem: (key: string) => this.stored.get(key) ?? null,
        setItem: (key: string, value: string) => void this.stored.set(key, value),
        removeItem: (key: string) => void this.stored.delete(key),
    };
    location = { origin: "https://product.example.com", href: "https://product.example.com/", assign: (url: string) => void this.left.push(url) };
    history = { state: null, replaceState: (_: unknown, __: string, url: string) => void (this.location.href = url) };
    left: string[] = [];
    opener: { postMessage(message: unknown, origin: string): void } | null = null;
    closedItself = false;
    screenX = 100;
    outerWidth = 1000;

    open(url: string, name: string, features: string) {
        this.opened.push(`${url} ${name} ${features}`);
        if (this.popup?.closed) this.popup = new FakePopup();
        if (this.popup) this.popup.url = url;
        return this.popup;
    }
    addEventListener(_: "message", listener: (event: PopupMessage) => void) {
        this.listeners.add(listener);
    }
    removeEventListener(_: "message", listener: (event: PopupMessage) => void) {
        this.listeners.delete(listener);
    }
    setTimeout(run: () => void, milliseconds: number) {
        const timer = (count += 1);
        this.timers.set(timer, { run, at: this.now + milliseconds });
        return timer;
    }
    clearTimeout(timer: unknown) {
        this.timers.delete(timer as number);
    }
    close() {
        this.closedItself = true;
    }

    /** A message as the callback page sends it, unless something is said otherwise. */
    say(data: unknown, from: Partial<PopupMessage> = {}) {
        for (const listener of [...this.listeners]) listener({ data, origin: CALLBACK, source: this.popup, ...from });
    }

    /** Lets time pass; what timers begin is let come to rest before the next one. */
    async pass(milliseconds: number) {
        const end = this.now + milliseconds;
        for (;;) {
            await settled();
            const next = [...this.timers].filter(([, { at }]) => at <= end).sort(([, one], [, other]) => one.at - other.at)[0];
            if (!next) break;
            this.timers.delete(next[0]);
            this.now = next[1].at;
            next[1].run();
        }
        this.now = end;
        await settled();
    }

    assertNothingIsLeft() {
        assert.equal(this.listeners.size, 0, "listeners");
        assert.equal(this.timers.size, 0, "timers");
    }
}

/** Everything that was ready to go on has gone on. */
export const settled = () => new Promise<void>((resolve) => setImmediate(resolve));
