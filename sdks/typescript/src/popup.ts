// Authorizing in a popup: opened in the click's own turn, believed only when origin, window and state are right.

import type { ConnectorsClient } from "./client.js";
import { ConnectorError, PopupError } from "./errors.js";
import { find, forget, type OpenAuthorization } from "./open_authorizations.js";
import { browserWindow, PopupAttempt, type Address, type PopupHost, type WindowOptions } from "./popup_window.js";
import { leave, redirectHost, refusal, type RedirectHost } from "./redirect.js";
import type { AuthorizeOptions, CallOptions, Connector } from "./types.js";

export interface PopupManagerOptions extends WindowOptions {
    /** Milliseconds until the person is no longer waited for; 600,000 when left out, as long as a state lives. */
    timeout?: number | undefined;
    /** Origins whose callback page is believed, beside that of the address's `redirect_uri`. */
    origins?: string[] | undefined;
    /**
     * Whether the client that started the authorization exchanges the code as soon as it is here; true when left out.
     * Set to false when your back end exchanges it.
     */
    finish?: boolean | undefined;
}

/** What a popup manager calls: a `ConnectorsClient`, or whatever stands for one in the page. */
export type AuthorizingClient = Pick<ConnectorsClient, "authorize" | "getConnectorStatus">;

/** Milliseconds between questions to the server. */
const ASK = 3_000;
const IN_NODE = "show auth_url to the person and call token() with the code";

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
    async authorize(authUrl: Address | PromiseLike<Address>, options: CallOptions = {}): Promise<string> {
        // Nothing may be awaited before the window is open.
        const host = this.#options.window ?? browserWindow(IN_NODE);
        options.signal?.throwIfAborted();
        // Its window stays: the new one has the same name, and so is the same.
        this.#current?.end(new PopupError("popup_replaced", "another authorization was started in the same window"), "keep");
        const attempt = new Attempt(host, this.#options, options.signal);
        this.#current = attempt;
        attempt.start(authUrl);
        try {
            return await attempt.outcome;
        } finally {
            if (this.#current === attempt) this.#current = undefined;
        }
    }

    /** Connects an account in one step, to be called in a click's handler; answers the connector as it is afterwards. */
    async connect(client: AuthorizingClient, connectorId: string, options: AuthorizeOptions = {}): Promise<Connector> {
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
    redirect(authUrl: Address): void {
        const host = this.#options.window ?? browserWindow(IN_NODE);
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

/** One authorization in a popup. */
class Attempt extends PopupAttempt<string> {
    #expected: Expected | undefined;
    /** The consents that there were before; a new one among them later is the person's. */
    #before: Promise<string[] | undefined> | undefined;
    readonly #asking = new AbortController();

    constructor(
        host: PopupHost,
        private readonly settings: PopupManagerOptions,
        signal: AbortSignal | undefined,
    ) {
        const manner = {
            name: "oauth",
            timeout: settings.timeout ?? 600_000,
            late: "the person did not decide in time: start again",
            closed: "the window was closed before the account was connected",
        };
        super(host, settings, manner, signal);
    }

    protected override expect(authUrl: Address) {
        const { url, state } = addressOf(authUrl);
        const authorization = find(state);
        const back = url.searchParams.get("redirect_uri");
        const origins = new Set(this.settings.origins ?? []);
        origins.add(back === null ? this.host.location.origin : new URL(back).origin);
        this.#expected = { url: url.href, state, origins, authorization };
    }

    protected override leave() {
        if (!this.#expected) return;
        const { url, state, authorization } = this.#expected;
        leave(this.host, url, state, authorization?.connector_id ?? "");
    }

    protected override begun() {
        this.#before = this.#consents();
        this.#watchServer();
    }

    protected override heard(said: Record<string, unknown>, origin: string) {
        const expected = this.#expected;
        if (!expected?.origins.has(origin)) return;
        if (said["type"] !== "oauth_callback" || said["state"] !== expected.state) return;
        if (typeof said["code"] === "string" && said["code"] !== "" && said["error"] === undefined) {
            void this.#finish(said["code"], expected.state, expected.authorization);
        } else {
            forget(expected.state);
            this.end(refusal(said["error"], said["error_description"], expected.authorization?.connector_id));
        }
    }

    async #finish(code: string, state: string, authorization: OpenAuthorization | undefined) {
        this.shut();
        try {
            if (authorization && this.settings.finish !== false) {
                await authorization.finish({ code, state }, { signal: this.signal });
            }
            this.resolve(code);
        } catch (error) {
            this.reject(error);
        }
    }

    protected override async closed(): Promise<boolean> {
        if (this.settings.whenClosed === "wait") return true;
        // The person may have completed the connection on the callback page before closing it.
        if (!(await this.#isConnected())) return false;
        this.#done();
        return true;
    }

    /** When no message can reach this page, the callback page completes by itself; only the server knows. */
    #watchServer() {
        if (!this.#expected?.authorization || this.settings.finish === false) return;
        this.later(ASK, async () => {
            if (await this.#isConnected()) this.#done();
            else if (!this.over) this.#watchServer();
        });
    }

    /** Whether a person has consented since the popup opened. What the server does by itself, such as renewing a token, is none. */
    async #isConnected(): Promise<boolean> {
        const before = await this.#before;
        const now = await this.#consents();
        return before !== undefined && now !== undefined && now.some((consent) => !before.includes(consent));
    }

    /** The active connections, each with the moment of its consent; `undefined` when that is not known just now. */
    async #consents(): Promise<string[] | undefined> {
        if (!this.#expected?.authorization || this.settings.finish === false) return undefined;
        try {
            const connector = await this.#expected.authorization.status({ signal: this.#asking.signal });
            const active = [connector, ...(connector.connections ?? [])].filter(({ status }) => status === "active");
            return active.map(({ connection_id, consented_at }) => `${connection_id} ${consented_at}`);
        } catch {
            return undefined;
        }
    }

    #done() {
        if (this.over) return;
        if (this.#expected) forget(this.#expected.state);
        this.shut();
        this.resolve("");
    }

    protected override release() {
        super.release();
        this.#asking.abort();
    }
}

function addressOf(authUrl: Address): { url: URL; state: string } {
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
