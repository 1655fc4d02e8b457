// Authorizing in a popup: opened in the click's own turn, believed only when origin, window and state are right.

import type { ConnectorsClient } from "./client.js";
import { ConnectorError, OAuthError, PopupError } from "./errors.js";
import { find, forget, type OpenAuthorization } from "./open_authorizations.js";
import { leave, redirectHost, refusal, type RedirectHost } from "./redirect.js";
import type { AuthorizeOptions, CallOptions, Connector } from "./types.js";

/** What a popup manager needs of the window it opens. */
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

/** The parts of `window` that a popup manager uses; tests hand in their own. */
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

export interface PopupManagerOptions {
    width?: number | undefined;
    height?: number | undefined;
    /** The popup's name: a second one with the same name takes the first one's place. */
    name?: string | undefined;
    /** Milliseconds until the person is no longer waited for; 600,000 when left out, as long as a state lives. */
    timeout?: number | undefined;
    /** Origins whose callback page is believed, beside that of the address's `redirect_uri`. */
    origins?: string[] | undefined;
    /**
     * Whether the client that started the authorization exchanges the code as soon as it is here; true when left out.
     * Set to false when your back end exchanges it.
     */
    finish?: boolean | undefined;
    /** What happens when the browser blocks the popup: an error, or this page itself goes to the consent screen. */
    whenBlocked?: "reject" | "redirect" | undefined;
    /**
     * What a closed popup means: an error, or nothing yet. `wait` is for pages whose `Cross-Origin-Opener-Policy`
     * makes every popup look closed: the server is asked until the connection is there or the time is over.
     */
    whenClosed?: "reject" | "wait" | undefined;
    /** For tests. */
    window?: PopupHost | undefined;
}

type AuthUrl = string | URL;

/** Milliseconds between looks at the window, and between questions to the server. */
const LOOK = 250;
const ASK = 3_000;

/**
 * Lets a person authorize in a popup.
 *
 * ```ts
 * const popup = new OAuthPopupManager();
 * button.onclick = () => popup.connect(connectors, "google_drive");
 * ```
 *
 * Browsers allow popups only while they handle a click. `connect`, and `authorize` with a promise, open the window at
 * once and lead it to the consent screen when its address is known.
 */
export class OAuthPopupManager {
    readonly #options: PopupManagerOptions;
    #current: Attempt | undefined;

    constructor(options: PopupManagerOptions = {}) {
        this.#options = options;
    }

    /**
     * Opens the consent screen and waits for the decision.
     *
     * When a client on this page started the authorization, the code is exchanged before the promise is fulfilled, and
     * the account is connected; see {@link PopupManagerOptions.finish}.
     *
     * @returns the authorization code; empty when the person completed the connection on the callback page itself.
     * @throws OAuthError when the person or the provider said no, or the code could not be exchanged.
     * @throws PopupError `popup_blocked`, `popup_closed`, `popup_timeout`, `popup_replaced`.
     */
    async authorize(authUrl: AuthUrl | PromiseLike<AuthUrl>, options: CallOptions = {}): Promise<string> {
        // Nothing may be awaited before the window is open.
        const host = this.#options.window ?? browserWindow();
        options.signal?.throwIfAborted();
        // Its window stays: the new one has the same name, and so is the same.
        this.#current?.end(new PopupError("popup_replaced", "another authorization was started in the same window"), "keep");
        const attempt = new Attempt(host, this.#options, authUrl, options.signal);
        this.#current = attempt;
        try {
            return await attempt.outcome;
        } finally {
            if (this.#current === attempt) this.#current = undefined;
        }
    }

    /** Connects an account in one step, to be called in a click's handler; answers the connector as it is afterwards. */
    async connect(client: ConnectorsClient, connectorId: string, options: AuthorizeOptions = {}): Promise<Connector> {
        const { signal } = options;
        await this.authorize(
            client.authorize(connectorId, options).then(({ auth_url }) => auth_url),
            { signal },
        );
        return client.getConnectorStatus(connectorId, { signal });
    }

    /**
     * Goes to the consent screen in this very page: for phones, or when popups are blocked. The page named by
     * `redirect_uri` finishes with `connectors.finishRedirect()`.
     */
    redirect(authUrl: AuthUrl): void {
        const host = this.#options.window ?? browserWindow();
        const { url, state } = addressOf(authUrl);
        leave(host, url.href, state, find(state)?.connector_id ?? "");
    }

    /** Closes the popup; the promise of `authorize` is rejected with `popup_closed`. */
    cancel(): void {
        this.#current?.end(new PopupError("popup_closed", "the authorization was cancelled"));
    }

    /**
     * For a callback page of your own, on the same origin as the page that opened the popup: hands code and state over
     * to it and closes the popup. Answers false when no page opened it: then `connectors.finishRedirect()` is due.
     */
    static handOver(host: RedirectHost = redirectHost()): boolean {
        if (!host.opener) return false;
        const said = new URL(host.location.href).searchParams;
        const message: Record<string, string> = { type: "oauth_callback" };
        for (const name of ["code", "state", "error", "error_description"]) {
            const value = said.get(name);
            if (value !== null) message[name] = value;
        }
        host.opener.postMessage(message, host.location.origin);
        host.close();
        return true;
    }
}

interface Expected {
    url: string;
    state: string;
    origins: Set<string>;
    authorization: OpenAuthorization | undefined;
}

/** The active connections: which and since when, and until when. */
interface Connections {
    made: string;
    ends: string;
}

/** One popup, from the click to its outcome; afterwards no listener, timer or window of it is left. */
class Attempt {
    readonly outcome: Promise<string>;
    #settle!: { resolve: (code: string) => void; reject: (reason: unknown) => void };
    #over = false;
    #popup: PopupWindow | null = null;
    #expected: Expected | undefined;
    /** How the connector was before, told by its connections; compared with how it is later. */
    #before: Promise<Connections | undefined> | undefined;
    readonly #timers = new Set<unknown>();
    readonly #asking = new AbortController();
    readonly #hear = (event: PopupMessage) => this.#heard(event);
    readonly #aborted = () => this.end(this.signal?.reason);

    constructor(
        private readonly host: PopupHost,
        private readonly options: PopupManagerOptions,
        authUrl: AuthUrl | PromiseLike<AuthUrl>,
        private readonly signal: AbortSignal | undefined,
    ) {
        this.outcome = new Promise((resolve, reject) => (this.#settle = { resolve, reject }));
        try {
            this.#open(authUrl);
        } catch (error) {
            this.end(error);
        }
    }

    #open(authUrl: AuthUrl | PromiseLike<AuthUrl>) {
        const known = typeof authUrl === "string" || authUrl instanceof URL;
        if (known) this.#expect(authUrl);
        // Here and not after any waiting: a moment later the browser no longer sees a click.
        this.#popup = this.host.open(
            known ? String(authUrl) : "about:blank",
            this.options.name ?? "oauth",
            placed(this.host, this.options),
        );
        const blocked = this.#popup === null || this.#popup.closed;
        if (blocked && this.options.whenBlocked !== "redirect") {
            if (!known) authUrl.then(undefined, () => {});
            throw new PopupError("popup_blocked", "the browser blocked the popup: allow popups for this page, or click again");
        }
        this.#popup?.focus();
        this.signal?.addEventListener("abort", this.#aborted, { once: true });
        if (known) {
            this.#begin(blocked);
            return;
        }
        Promise.resolve(authUrl).then(
            (url) => {
                if (this.#over) return;
                try {
                    this.#expect(url);
                    this.#begin(blocked);
                    if (this.#popup && !this.#popup.closed) this.#popup.location.replace(String(url));
                } catch (error) {
                    this.end(error);
                }
            },
            (error: unknown) => this.end(error),
        );
    }

    #expect(authUrl: AuthUrl) {
        const { url, state } = addressOf(authUrl);
        const authorization = find(state);
        const back = url.searchParams.get("redirect_uri");
        const origins = new Set(this.options.origins ?? []);
        origins.add(back === null ? this.host.location.origin : new URL(back).origin);
        this.#expected = { url: url.href, state, origins, authorization };
    }

    #begin(blocked: boolean) {
        if (blocked) {
            // The page is on its way to the consent screen; nothing is left to wait for here.
            this.#release();
            if (this.#expected) {
                const { url, state, authorization } = this.#expected;
                leave(this.host, url, state, authorization?.connector_id ?? "");
            }
            return;
        }
        this.host.addEventListener("message", this.#hear);
        this.#later(this.options.timeout ?? 600_000, () =>
            this.end(new PopupError("popup_timeout", "the person did not decide in time: start again")),
        );
        this.#before = this.#connections();
        this.#watchWindow();
        this.#watchServer();
    }

    #heard({ data, origin, source }: PopupMessage) {
        const expected = this.#expected;
        if (this.#over || !expected || source !== this.#popup || !expected.origins.has(origin)) return;
        if (typeof data !== "object" || data === null) return;
        const said = data as Record<string, unknown>;
        if (said["type"] !== "oauth_callback" || said["state"] !== expected.state) return;
        if (typeof said["code"] === "string" && said["code"] !== "" && said["error"] === undefined) {
            void this.#finish(said["code"], expected.state, expected.authorization);
        } else {
            forget(expected.state);
            this.end(refusal(said["error"], said["error_description"], expected.authorization?.connector_id));
        }
    }

    async #finish(code: string, state: string, authorization: OpenAuthorization | undefined) {
        this.#release();
        this.#popup?.close();
        try {
            if (authorization && this.options.finish !== false) {
                await authorization.finish({ code, state }, { signal: this.signal });
            }
            this.#settle.resolve(code);
        } catch (error) {
            this.#settle.reject(error);
        }
    }

    /** A window says nothing when it is closed: one has to look. */
    #watchWindow() {
        this.#later(LOOK, async () => {
            if (!this.#popup?.closed) return this.#watchWindow();
            if (this.options.whenClosed === "wait") return;
            // The person may have completed the connection on the callback page before closing it.
            if (await this.#isConnected(true)) return this.#done();
            // A message that was sent before the window closed has arrived by now.
            this.#later(0, () =>
                this.end(new PopupError("popup_closed", "the window was closed before the account was connected")),
            );
        });
    }

    /** When no message can reach this page, the callback page completes by itself; only the server knows. */
    #watchServer() {
        if (!this.#expected?.authorization || this.options.finish === false) return;
        this.#later(ASK, async () => {
            if (await this.#isConnected(this.#popup?.closed === true)) this.#done();
            else if (!this.#over) this.#watchServer();
        });
    }

    /**
     * Whether a connection was made or mended since the popup opened. With the popup closed, one that was active before
     * and has a later end now was consented to again; while it is open, that may as well be the server's own renewal.
     */
    async #isConnected(closed: boolean): Promise<boolean> {
        const before = await this.#before;
        const now = await this.#connections();
        if (!before || !now || now.made === "") return false;
        return now.made !== before.made || (closed && now.ends !== before.ends);
    }

    async #connections(): Promise<Connections | undefined> {
        if (!this.#expected?.authorization || this.options.finish === false) return undefined;
        try {
            const connector = await this.#expected.authorization.status({ signal: this.#asking.signal });
            const active = [connector, ...(connector.connections ?? [])].filter(({ status }) => status === "active");
            return {
                made: active.map(({ connection_id, connected_at }) => `${connection_id} ${connected_at}`).join(),
                ends: active.map(({ expires_at }) => expires_at).join(),
            };
        } catch {
            // Whether it is connected is not known just now.
            return undefined;
        }
    }

    #done() {
        if (this.#over) return;
        if (this.#expected) forget(this.#expected.state);
        this.#release();
        this.#popup?.close();
        this.#settle.resolve("");
    }

    end(reason: unknown, popup: "close" | "keep" = "close") {
        if (this.#over) return;
        this.#release();
        if (popup === "close") this.#popup?.close();
        this.#settle.reject(reason);
    }

    #later(milliseconds: number, run: () => void) {
        if (this.#over) return;
        const timer = this.host.setTimeout(() => {
            this.#timers.delete(timer);
            run();
        }, milliseconds);
        this.#timers.add(timer);
    }

    #release() {
        this.#over = true;
        this.#asking.abort();
        this.host.removeEventListener("message", this.#hear);
        this.signal?.removeEventListener("abort", this.#aborted);
        for (const timer of this.#timers) this.host.clearTimeout(timer);
        this.#timers.clear();
    }
}

function addressOf(authUrl: AuthUrl): { url: URL; state: string } {
    try {
        const url = new URL(authUrl);
        const state = url.searchParams.get("state");
        if (state && ["https:", "http:"].includes(url.protocol)) return { url, state };
    } catch {
        // Told below; the address itself may hold a secret.
    }
    throw new ConnectorError({
        code: "invalid_option",
        message: "this is not an address to authorize at: hand in the auth_url that authorize() answered, with its state",
    });
}

/** In the middle of the window that opens it. */
function placed(host: PopupHost, { width = 600, height = 700 }: PopupManagerOptions): string {
    const left = Math.max(0, Math.round((host.screenX ?? 0) + ((host.outerWidth ?? width) - width) / 2));
    const top = Math.max(0, Math.round((host.screenY ?? 0) + ((host.outerHeight ?? height) - height) / 2));
    return `popup,width=${width},height=${height},left=${left},top=${top}`;
}

function browserWindow(): PopupHost {
    if (typeof window !== "undefined") return window as unknown as PopupHost;
    throw new OAuthError({
        code: "invalid_option",
        message: "there is no window to open a popup from: in Node, show auth_url to the person and call token() with the code",
    });
}
