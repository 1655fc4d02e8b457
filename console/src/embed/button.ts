// What both elements have in common: a button that waits, a line that says what went wrong, and attributes read late.

import type { BackendOption } from "./backend.js";
import type { FlowOptions } from "./flows.js";
import { STYLE } from "./style.js";

/** Sentences for people; whatever is not here is told as it came. */
const SENTENCES: Record<string, string> = {
    popup_blocked: "The browser blocked the window. Allow pop-ups for this page and click again.",
    popup_timeout: "Nothing was decided in time. Start again.",
    access_denied: "Access was denied. Nothing was connected.",
    network_error: "The server does not answer. Check your network and try again.",
};

let sheet: CSSStyleSheet | undefined;

/** No `<style>` in the page: so a strict policy for styles does not stand in its way. */
function sheetOf(): CSSStyleSheet {
    if (!sheet) {
        sheet = new CSSStyleSheet();
        sheet.replaceSync(STYLE);
    }
    return sheet;
}

/**
 * Attributes: `connector`, `backend`, `name` (the connector's, for people), `redirect-uri`, `mode`, `disabled`. The
 * words on the button are the element's content, or ours. A `backend` that is no address but a function is set as a
 * property.
 */
export abstract class FlowButton extends HTMLElement {
    static readonly observedAttributes = ["connector", "backend", "name", "disabled"];
    protected readonly button = document.createElement("button");
    readonly #label = document.createElement("span");
    readonly #words = document.createElement("slot");
    readonly #note = document.createElement("p");
    #backend: BackendOption | undefined;
    #waiting: AbortController | undefined;
    #waitingWords = "";

    constructor() {
        super();
        const root = this.attachShadow({ mode: "open" });
        root.adoptedStyleSheets = [sheetOf()];
        this.button.type = "button";
        this.button.part.add("button");
        this.#label.part.add("label");
        this.#note.part.add("note");
        this.#note.setAttribute("role", "status");
        this.#label.append(this.#words);
        this.button.append(this.#label);
        root.append(this.button, this.#note);
        this.button.addEventListener("click", () => void this.#press());
    }

    get connector(): string {
        const connector = this.getAttribute("connector");
        if (!connector) throw new TypeError(`<${this.localName}> needs a connector, such as connector="google_drive"`);
        return connector;
    }

    get backend(): BackendOption {
        const backend = this.#backend ?? this.getAttribute("backend");
        if (!backend) throw new TypeError(`<${this.localName}> needs a backend: the address below which your server answers`);
        return backend;
    }

    set backend(backend: BackendOption) {
        this.#backend = backend;
        if (this.isConnected) this.#come();
    }

    /** What people call the connector. */
    get label(): string {
        const fallback = (this.getAttribute("connector") ?? "").replace(/(^|_)(\w)/g, (_, gap, letter) => (gap ? " " : "") + letter.toUpperCase());
        return this.getAttribute("name") ?? fallback;
    }

    connectedCallback() {
        this.show();
        // The script may come later than what the page has set.
        const early = Object.getOwnPropertyDescriptor(this, "backend");
        if (early) {
            delete (this as { backend?: unknown }).backend;
            this.#backend = early.value as BackendOption;
        }
        this.#come();
    }

    attributeChangedCallback(name: string, before: string | null, after: string | null) {
        if (!this.isConnected || before === after) return;
        this.show();
        if (name === "backend" || name === "connector") this.#come();
    }

    #come() {
        if ((this.#backend ?? this.getAttribute("backend")) && this.getAttribute("connector")) this.come();
    }

    /** Begins; to be called in a click's handler. What it comes to is told by events. */
    protected abstract act(options: FlowOptions): Promise<void>;
    /** The words on the button, unless the element has words of its own. */
    protected abstract words(): string;
    /** Is on the page with a back end: finishes what left it, and looks how things are. */
    protected abstract come(): void;

    protected options(signal?: AbortSignal): FlowOptions {
        const mode = this.getAttribute("mode");
        return {
            backend: this.backend,
            redirectUri: this.getAttribute("redirect-uri") ?? undefined,
            mode: mode === "popup" || mode === "redirect" ? mode : "auto",
            signal,
        };
    }

    protected show() {
        const waiting = this.#waiting !== undefined;
        this.#words.textContent = waiting ? this.#waitingWords : this.words();
        // Words of the element's own give way while it waits.
        this.#words.name = waiting ? "waiting" : "";
        this.button.disabled = this.hasAttribute("disabled");
        this.button.toggleAttribute("data-waiting", waiting);
        this.button.toggleAttribute("data-done", this.hasAttribute("connected"));
    }

    protected say(text: string, tone: "bad" | "" = "") {
        this.#note.textContent = text;
        this.#note.className = tone;
    }

    protected tell(type: string, detail: unknown) {
        this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
    }

    /** Tells a failure to the page, and to the person what to do; a window that was closed on purpose needs no words. */
    protected fail(error: unknown) {
        const { code, message } = error as { code?: string; message?: string };
        const quiet = code === "popup_closed" || code === "popup_replaced";
        const text = SENTENCES[code ?? ""] ?? sentence(message ?? "that did not work: try again");
        this.say(quiet ? "" : text, "bad");
        this.tell("gangway-error", error);
    }

    /** One thing at a time; pressed while it waits, it stops waiting. */
    protected async run(act: (options: FlowOptions) => Promise<void>, words = "Waiting for you there. Cancel") {
        this.#waitingWords = words;
        const waiting = (this.#waiting = new AbortController());
        this.say("");
        this.show();
        try {
            await act(this.options(waiting.signal));
        } catch (error) {
            if (!waiting.signal.aborted) this.fail(error);
        } finally {
            if (this.#waiting === waiting) this.#waiting = undefined;
            this.show();
        }
    }

    async #press() {
        if (!this.#waiting) return this.run((options) => this.act(options));
        this.#waiting.abort(new DOMException("stopped by the person", "AbortError"));
        this.#waiting = undefined;
        this.show();
        this.tell("gangway-cancelled", undefined);
    }
}

function sentence(text: string): string {
    const first = text.charAt(0).toUpperCase() + text.slice(1);
    return /[.!?…]$/.test(first) ? first : `${first}.`;
}
