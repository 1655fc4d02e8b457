// The picker's session: the key it is opened with, the calls it makes, and whom it tells what was chosen.

import { NetworkError, OAuthPopupManager, type FileList, type PickedFile } from "@pplx-unofficial/sdk";
import { failureOf } from "../../../sdks/typescript/src/errors.js";

/** What may be chosen, where from, and who is told. */
export interface About {
    connector_id: string;
    connector_name: string;
    connector_type: string;
    account: { email: string | null; name: string | null };
    needs_reauth: boolean;
    multiple: boolean;
    max_files: number;
    mime_types: string[];
    origins: string[];
    redirect_uri: string | null;
    state: string | null;
    expires_in: number;
}

export interface Question {
    folder_id?: string | undefined;
    query?: string | undefined;
    cursor?: string | undefined;
}

export type Ending = "picked" | "cancelled" | "expired";

const path = location.pathname.replace(/\/$/, "");
const id = decodeURIComponent(path.split("/").at(-1) ?? "");
const KEPT = `gangway.picker.key.${id}`;
const key = takeKey();
const popup = new OAuthPopupManager({ finish: false, name: "reconnect" });

/** The key stays in no address and no history; this tab keeps it, so that the page can be loaded again. */
function takeKey(): string {
    const given = decodeURIComponent(location.hash.slice(1));
    history.replaceState(null, "", location.pathname);
    try {
        if (given) sessionStorage.setItem(KEPT, given);
        return given || (sessionStorage.getItem(KEPT) ?? "");
    } catch {
        // Storage is closed to this page: the session lasts as long as the page.
        return given;
    }
}

async function call<T>(address: string, options: { method?: string; json?: unknown; signal?: AbortSignal } = {}): Promise<T> {
    const { method = "GET", json, signal } = options;
    const init: RequestInit = { method, headers: { "x-picker-key": key, ...(json === undefined ? {} : { "content-type": "application/json" }) } };
    if (json !== undefined) init.body = JSON.stringify(json);
    if (signal) init.signal = signal;
    let answer: Response;
    let body: unknown;
    try {
        answer = await fetch(address, init);
        body = answer.status === 204 ? undefined : await answer.json().catch(() => undefined);
    } catch (cause) {
        if (signal?.aborted) throw cause;
        throw new NetworkError({ code: "network_error", message: "the server does not answer", cause });
    }
    if (!answer.ok) throw failureOf({ status: answer.status, header: (name) => answer.headers.get(name), body });
    return body as T;
}

export const session = {
    about: () => call<About>(`${path}/about`),
    list(question: Question, signal: AbortSignal): Promise<FileList> {
        const asked = Object.entries({ limit: "100", ...question }).filter((pair): pair is [string, string] => Boolean(pair[1]));
        return call(`${path}/files?${new URLSearchParams(asked)}`, { signal });
    },
    pick: (file_ids: string[]) => call<{ files: PickedFile[] }>(`${path}/pick`, { method: "POST", json: { file_ids } }),
    cancel: () => call<void>(`${path}/cancel`, { method: "POST" }),
    /** Connects the account again in a popup, to be called in a click's handler. */
    async reconnect(): Promise<void> {
        let state = "";
        const address = call<{ auth_url: string }>(`${path}/reconnect`, { method: "POST" }).then(({ auth_url }) => {
            state = new URL(auth_url).searchParams.get("state") ?? "";
            return auth_url;
        });
        const code = await popup.authorize(address);
        await call("/oauth/callback/complete", { method: "POST", json: { code, state } });
    },
    stopReconnecting: () => popup.cancel(),
};

/** The page that shows the picker in a window of its own, or in a frame. */
function embedder(): Pick<Window, "postMessage"> | undefined {
    const opener = window.opener as Window | null;
    if (opener && !opener.closed) return opener;
    return window.parent === window ? undefined : window.parent;
}

/**
 * Tells the page that shows the picker, at the origins that may know, and closes the window; or leads back to the
 * product. Answers whether this page stays, so that it has to say something.
 */
export function tell(about: About, status: Ending, files: PickedFile[]): boolean {
    try {
        sessionStorage.removeItem(KEPT);
    } catch {
        // Nothing was kept.
    }
    const target = embedder();
    if (target) {
        const message = { type: "picker_result", session_id: id, status, files, state: about.state };
        for (const origin of about.origins) target.postMessage(message, origin);
        if (window.opener) window.close();
        return true;
    }
    if (about.redirect_uri === null) return true;
    const back = new URL(about.redirect_uri);
    back.searchParams.set("session_id", id);
    back.searchParams.set("status", status);
    if (about.state !== null) back.searchParams.set("state", about.state);
    location.replace(back);
    return false;
}
