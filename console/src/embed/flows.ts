// Connecting and choosing: in a popup where there is room for one, else by leaving the page and coming back to it.

import { PickerPopup, type Picked } from "../../../sdks/typescript/src/picker.js";
import { OAuthPopupManager } from "../../../sdks/typescript/src/popup.js";
import { comeBack, redirectHost, waitsFor } from "../../../sdks/typescript/src/redirect.js";
import type { Connector } from "../../../sdks/typescript/src/types.js";
import { backendOf, type BackendOption } from "./backend.js";

export interface FlowOptions {
    backend: BackendOption;
    /** A page of yours that is listed in the server's `redirect_uris`, for screens without room for a popup. */
    redirectUri?: string | undefined;
    /** `auto`: a popup, but on narrow screens and where popups are blocked by leaving the page, if `redirectUri` says where to. */
    mode?: "auto" | "popup" | "redirect" | undefined;
    /** Milliseconds until the person is no longer waited for. */
    timeout?: number | undefined;
    /** See the SDK's popup manager. */
    whenClosed?: "reject" | "wait" | undefined;
    signal?: AbortSignal | undefined;
}

export interface ConnectOptions extends FlowOptions {
    scopes?: string[] | undefined;
    loginHint?: string | undefined;
}

export interface PickOptions extends FlowOptions {
    multiple?: boolean | undefined;
    mimeTypes?: string[] | undefined;
    maxFiles?: number | undefined;
}

/** Narrower than this there is no room for a second window. */
const NARROW = "(max-width: 640px)";

/** A promise of a page that is being left. */
const never = () => new Promise<never>(() => {});

function manner({ mode = "auto", redirectUri, timeout, whenClosed }: FlowOptions) {
    if (mode === "redirect" && !redirectUri) throw new TypeError("mode redirect needs redirectUri: where to come back to");
    const leaves = mode === "redirect" || (mode === "auto" && redirectUri !== undefined && matchMedia(NARROW).matches);
    return { leaves, popup: { timeout, whenClosed } };
}

/** Connects an account, to be called in a click's handler; answers the connector as it is afterwards. */
export async function connect(connector: string, options: ConnectOptions): Promise<Connector> {
    const { scopes, loginHint, redirectUri, signal } = options;
    const backend = backendOf(options.backend);
    const { leaves, popup } = manner(options);
    const asked = { scopes, login_hint: loginHint, signal };
    const manager = new OAuthPopupManager(popup);
    const away = async () => {
        manager.redirect((await backend.authorize(connector, { ...asked, redirect_uri: redirectUri })).auth_url);
        return never();
    };
    if (leaves) return away();
    return orLeave(() => manager.connect(backend, connector, asked), options, away);
}

/** Lets a person choose files, to be called in a click's handler. `status` is `picked` or `cancelled`. */
export async function pick(connector: string, options: PickOptions): Promise<Picked> {
    const { multiple, mimeTypes, maxFiles, redirectUri, signal } = options;
    const backend = backendOf(options.backend);
    const { leaves, popup } = manner(options);
    const asked = { multiple, mime_types: mimeTypes, max_files: maxFiles, signal };
    const picker = new PickerPopup(popup);
    const away = async () => {
        await picker.redirect(backend, connector, { ...asked, redirect_uri: redirectUri ?? "" });
        return never();
    };
    if (leaves) return away();
    return orLeave(() => picker.pick(backend, connector, asked), options, away);
}

/** A popup that the browser blocks is no end where there is a way back. */
async function orLeave<T>(open: () => Promise<T>, { mode = "auto", redirectUri }: FlowOptions, away: () => Promise<T>): Promise<T> {
    try {
        return await open();
    } catch (error) {
        if (mode !== "auto" || redirectUri === undefined || (error as { code?: unknown }).code !== "popup_blocked") throw error;
        return away();
    }
}

/** What this page is the return from, if it is one. Nothing is used up yet. */
export function returning() {
    return waitsFor(redirectHost());
}

/** Finishes a connection that left this page; `undefined` when the address is no return from one. */
export async function finishConnect({ backend }: { backend: BackendOption }): Promise<Connector | undefined> {
    if (returning()?.kind !== "authorization") return undefined;
    const back = comeBack(redirectHost());
    if (!back) return undefined;
    const client = backendOf(backend);
    await client.token(back.connector_id, { code: back.code, state: back.state });
    return client.getConnectorStatus(back.connector_id);
}

/** What a person chose who left this page for the picker; `undefined` when the address is no return from there. */
export async function finishPick({ backend }: { backend: BackendOption }): Promise<Picked | undefined> {
    if (returning()?.kind !== "choice") return undefined;
    return PickerPopup.finishRedirect(backendOf(backend));
}
