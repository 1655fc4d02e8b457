// Choosing in the hosted picker: in a popup, or by leaving the page; believed only when origin, window and state are right.

import type { ConnectorsClient } from "./client.js";
import { ConnectorError, PopupError } from "./errors.js";
import { browserWindow, PopupAttempt, type Address, type PopupHost, type WindowOptions } from "./popup_window.js";
import { comeBackChosen, leaveToChoose, redirectHost, type RedirectHost } from "./redirect.js";
import type { CallOptions, PickedFile, PickerChoice, PickerOptions, PickerSession } from "./types.js";

export interface PickerPopupOptions extends WindowOptions {
    /** Milliseconds until the person is no longer waited for; 1,800,000 when left out, as long as a picker lives. */
    timeout?: number | undefined;
}

/** What a picker popup calls: a `ConnectorsClient`, or whatever stands for one in the page. */
export type PickingClient = Pick<ConnectorsClient, "createPicker" | "getPicker">;

/** What was chosen, and in which session: your back end reads the same by `getPicker`. */
export interface Picked extends PickerChoice {
    connector_id: string;
    session_id: string;
}

/** Milliseconds between questions to the server. */
const ASK = 3_000;
const IN_NODE = "show picker_url to the person and call waitForPicker()";

/**
 * Lets a person choose files in a popup.
 *
 * ```ts
 * const picker = new PickerPopup();
 * button.onclick = async () => show(await picker.pick(connectors, "google_drive", { max_files: 10 }));
 * ```
 */
export class PickerPopup {
    readonly #options: PickerPopupOptions;
    #current: Attempt | undefined;

    constructor(options: PickerPopupOptions = {}) {
        this.#options = options;
    }

    /**
     * Opens the picker and waits for the choice, to be called in a click's handler. Whoever cancels in the picker has
     * chosen, too: `status` is `cancelled`.
     *
     * @throws PopupError `popup_blocked`, `popup_closed`, `popup_timeout`, `popup_replaced`.
     */
    async pick(client: PickingClient, connectorId: string, options: PickerOptions = {}): Promise<Picked> {
        // Nothing may be awaited before the window is open.
        const host = this.#options.window ?? browserWindow(IN_NODE);
        options.signal?.throwIfAborted();
        this.#current?.end(new PopupError("popup_replaced", "another picker was opened in the same window"), "keep");
        const asked = complete(options, host);
        const attempt = new Attempt(host, this.#options, client, connectorId, asked.state, options.signal);
        this.#current = attempt;
        attempt.open(client.createPicker(connectorId, asked));
        try {
            return await attempt.outcome;
        } finally {
            if (this.#current === attempt) this.#current = undefined;
        }
    }

    /**
     * Goes to the picker in this very page, as on phones. `redirect_uri` names the page to come back to, which finishes
     * with {@link PickerPopup.finishRedirect}.
     */
    async redirect(client: PickingClient, connectorId: string, options: PickerOptions & { redirect_uri: string }): Promise<void> {
        const host = this.#options.window ?? browserWindow(IN_NODE);
        const asked = complete(options, host);
        leaveToChoose(host, await client.createPicker(connectorId, asked), asked.state, connectorId);
    }

    /**
     * What a person chose who left this page for the picker; `undefined` when the address is no return from there.
     * @throws ConnectorError `state_mismatch` when this tab has not opened that picker.
     */
    static async finishRedirect(client: PickingClient, options: CallOptions & { window?: RedirectHost } = {}): Promise<Picked | undefined> {
        const back = comeBackChosen(options.window ?? redirectHost());
        if (!back) return undefined;
        return { ...(await client.getPicker(back.connector_id, back.session_id, { signal: options.signal })), ...back };
    }

    /** Closes the popup; the promise of `pick` is rejected with `popup_closed`. */
    cancel(): void {
        this.#current?.end(new PopupError("popup_closed", "choosing was cancelled"));
    }
}

/** Who is told the choice, and by which words the answer is known, unless the caller says. */
function complete(options: PickerOptions, host: PopupHost): PickerOptions & { state: string } {
    return { ...options, origin: options.origin ?? host.location.origin, state: options.state ?? fresh() };
}

/** Letters that nobody guesses. Works on pages without https as well, where `randomUUID` is missing. */
function fresh(): string {
    return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

class Attempt extends PopupAttempt<Picked> {
    #session: PickerSession | undefined;
    #origin = "";
    readonly #asking = new AbortController();

    constructor(
        host: PopupHost,
        private readonly settings: PickerPopupOptions,
        private readonly client: PickingClient,
        private readonly connectorId: string,
        private readonly state: string,
        signal: AbortSignal | undefined,
    ) {
        const manner = {
            name: "picker",
            timeout: settings.timeout ?? 1_800_000,
            late: "nobody chose in time: start again",
            closed: "the window was closed before anything was chosen",
        };
        super(host, { height: 760, width: 820, ...settings }, manner, signal);
    }

    open(session: Promise<PickerSession>) {
        this.start(
            session.then((made) => {
                this.#session = made;
                return made.picker_url;
            }),
        );
    }

    protected override expect(address: Address) {
        const url = URL.canParse(String(address)) ? new URL(address) : undefined;
        if (!url || !["https:", "http:"].includes(url.protocol)) {
            const message = "this is no picker to open: hand in a client that answers picker_url and session_id";
            throw new ConnectorError({ code: "invalid_option", message });
        }
        this.#origin = url.origin;
    }

    protected override leave() {
        if (this.#session) leaveToChoose(this.host, this.#session, this.state, this.connectorId);
    }

    protected override begun() {}

    protected override heard(said: Record<string, unknown>, origin: string) {
        if (origin !== this.#origin || said["type"] !== "picker_result" || said["state"] !== this.state) return;
        if (said["session_id"] !== this.#session?.session_id) return;
        const status = said["status"];
        if (status !== "picked" && status !== "cancelled") return;
        this.#done({ status, files: Array.isArray(said["files"]) ? (said["files"] as PickedFile[]) : [] });
    }

    /** A choice whose message was lost is known to the server. */
    protected override async closed(): Promise<boolean> {
        const choice = await this.#ask();
        if (choice && choice.status !== "open") {
            this.#done(choice);
            return true;
        }
        if (this.settings.whenClosed !== "wait") return false;
        this.later(ASK, () => void this.closed());
        return true;
    }

    async #ask(): Promise<PickerChoice | undefined> {
        if (!this.#session) return undefined;
        try {
            return await this.client.getPicker(this.connectorId, this.#session.session_id, { signal: this.#asking.signal });
        } catch {
            // What was chosen is not known just now.
            return undefined;
        }
    }

    #done(choice: PickerChoice) {
        if (this.over || !this.#session) return;
        this.shut();
        this.resolve({ ...choice, connector_id: this.connectorId, session_id: this.#session.session_id });
    }

    protected override release() {
        super.release();
        this.#asking.abort();
    }
}
