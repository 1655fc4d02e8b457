// One popup, from the click to its outcome, whatever is decided in it: opened in the click's own turn, watched, and
// nothing of it left afterwards.

import { OAuthError, PopupError } from "./errors.js";
import type { RedirectHost } from "./redirect.js";

/** What a popup needs of the window that was opened. */
export interface PopupWindow {
    readonly closed: boolean;
    readonly location: { replace(url: string): void };
    close(): void;
    focus(): void;
}

export interface PopupMessage {
    readonly data: unknown;
    readonly origin: string;
    readonly source: unknown;
}

/** The parts of `window` that popups use; tests hand in their own. */
export interface PopupHost extends RedirectHost {
    open(url: string, name: string, features: string): PopupWindow | null;
    addEventListener(type: "message", listener: (event: PopupMessage) => void): void;
    removeEventListener(type: "message", listener: (event: PopupMessage) => void): void;
    setTimeout(run: () => void, milliseconds: number): unknown;
    clearTimeout(timer: unknown): void;
    readonly screenX?: number;
    readonly screenY?: number;
    readonly outerWidth?: number;
    readonly outerHeight?: number;
}

/** What every popup can be told. */
export interface WindowOptions {
    width?: number | undefined;
    height?: number | undefined;
    /** The popup's name: a second one with the same name takes the first one's place. */
    name?: string | undefined;
    /** What happens when the browser blocks the popup: an error, or this page itself goes there. */
    whenBlocked?: "reject" | "redirect" | undefined;
    /**
     * What a closed popup means: an error, or nothing yet. `wait` is for pages whose `Cross-Origin-Opener-Policy`
     * makes every popup look closed: the server is asked until it is decided or the time is over.
     */
    whenClosed?: "reject" | "wait" | undefined;
    /** For tests. */
    window?: PopupHost | undefined;
}

export type Address = string | URL;

/** What a popup is called and how long it is waited for when nobody says, and how its failures are told. */
interface Manner {
    name: string;
    timeout: number;
    late: string;
    closed: string;
}

/** Milliseconds between looks at the window. */
const LOOK = 250;

/** What is common to everything that is decided in a popup. Nothing happens before `start`. */
export abstract class PopupAttempt<T> {
    readonly outcome: Promise<T>;
    protected over = false;
    protected popup: PopupWindow | null = null;
    #settle!: { resolve: (value: T) => void; reject: (reason: unknown) => void };
    readonly #timers = new Set<unknown>();
    readonly #hear = (event: PopupMessage) => this.#heard(event);
    readonly #aborted = () => this.end(this.signal?.reason);

    constructor(
        protected readonly host: PopupHost,
        private readonly options: WindowOptions,
        private readonly manner: Manner,
        protected readonly signal: AbortSignal | undefined,
    ) {
        this.outcome = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
    }

    /** Takes note of what an address makes one expect; throws when it is not one to open. */
    protected abstract expect(address: Address): void;
    /** What the window said, from an origin that is still to be checked. */
    protected abstract heard(said: Record<string, unknown>, origin: string): void;
    /** Goes there in this very page. */
    protected abstract leave(): void;
    /** The window is open and its address known. */
    protected abstract begun(): void;
    /** The window is closed: whether it came to something all the same, or may yet. */
    protected abstract closed(): Promise<boolean>;

    /** Opens the window; to be called in a click's own turn, with an address or a promise of one. */
    start(address: Address | PromiseLike<Address>): this {
        try {
            this.#open(address);
        } catch (error) {
            this.end(error);
        }
        return this;
    }

    #open(address: Address | PromiseLike<Address>) {
        const known = typeof address === "string" || address instanceof URL;
        if (known) this.expect(address);
        // Here and not after any waiting: a moment later the browser no longer sees a click.
        this.popup = this.host.open(
            known ? String(address) : "about:blank",
            this.options.name ?? this.manner.name,
            placed(this.host, this.options),
        );
        const blocked = this.popup === null || this.popup.closed;
        if (blocked && this.options.whenBlocked !== "redirect") {
            if (!known) address.then(undefined, () => {});
            throw new PopupError("popup_blocked", "the browser blocked the popup: allow popups for this page, or click again");
        }
        this.popup?.focus();
        this.signal?.addEventListener("abort", this.#aborted, { once: true });
        if (known) {
            this.#begin(blocked);
            return;
        }
        Promise.resolve(address).then(
            (url) => {
                if (this.over) return;
                try {
                    this.expect(url);
                    this.#begin(blocked);
                    if (this.popup && !this.popup.closed) this.popup.location.replace(String(url));
                } catch (error) {
                    this.end(error);
                }
            },
            (error: unknown) => this.end(error),
        );
    }

    #begin(blocked: boolean) {
        if (blocked) {
            // The page is on its way; nothing is left to wait for here.
            this.release();
            this.leave();
            return;
        }
        this.host.addEventListener("message", this.#hear);
        this.later(this.manner.timeout, () => this.end(new PopupError("popup_timeout", this.manner.late)));
        this.begun();
        this.#watch();
    }

    #heard({ data, origin, source }: PopupMessage) {
        if (this.over || source !== this.popup || typeof data !== "object" || data === null) return;
        this.heard(data as Record<string, unknown>, origin);
    }

    /** A window says nothing when it is closed: one has to look. */
    #watch() {
        this.later(LOOK, async () => {
            if (!this.popup?.closed) return this.#watch();
            if (await this.closed()) return;
            // A message that was sent before the window closed has arrived by now.
            this.later(0, () => this.end(new PopupError("popup_closed", this.manner.closed)));
        });
    }

    end(reason: unknown, popup: "close" | "keep" = "close") {
        if (this.over) return;
        this.release();
        if (popup === "close") this.popup?.close();
        this.#settle.reject(reason);
    }

    /** Nothing is waited for any more, and the window is closed; its outcome may take a moment. */
    protected shut() {
        this.release();
        this.popup?.close();
    }

    protected resolve(value: T) {
        this.#settle.resolve(value);
    }

    protected reject(reason: unknown) {
        this.#settle.reject(reason);
    }

    protected later(milliseconds: number, run: () => void) {
        if (this.over) return;
        const timer = this.host.setTimeout(() => {
            this.#timers.delete(timer);
            run();
        }, milliseconds);
        this.#timers.add(timer);
    }

    protected release() {
        this.over = true;
        this.host.removeEventListener("message", this.#hear);
        this.signal?.removeEventListener("abort", this.#aborted);
        for (const timer of this.#timers) this.host.clearTimeout(timer);
        this.#timers.clear();
    }
}

/** In the middle of the window that opens it. */
function placed(host: PopupHost, { width = 600, height = 700 }: WindowOptions): string {
    const left = Math.max(0, Math.round((host.screenX ?? 0) + ((host.outerWidth ?? width) - width) / 2));
    const top = Math.max(0, Math.round((host.screenY ?? 0) + ((host.outerHeight ?? height) - height) / 2));
    return `popup,width=${width},height=${height},left=${left},top=${top}`;
}

/** The real window; where there is none, an error that says what to do instead. */
export function browserWindow(instead: string): PopupHost {
    if (typeof window !== "undefined") return window as unknown as PopupHost;
    throw new OAuthError({ code: "invalid_option", message: `there is no window to open a popup from: in Node, ${instead}` });
}
