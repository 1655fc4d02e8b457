// Leaving the page, to authorize or to choose: what is kept for the return, and what the page that one returns to does.

import { ConnectorError, OAuthError } from "./errors.js";
import type { PickerSession } from "./types.js";

const KEPT = "gangway.oauth.";
const WHERE = "gangway.return.";

/** The parts of `window` that leaving and returning need. */
export interface RedirectHost {
    sessionStorage: { getItem(key: string): string | null; setItem(key: string, value: string): void; removeItem(key: string): void };
    location: { href: string; origin: string; assign(url: string): void };
    history: { state: unknown; replaceState(state: unknown, unused: string, url: string): void };
    opener: { postMessage(message: unknown, targetOrigin: string): void } | null;
    close(): void;
}

export interface Returned {
    connector_id: string;
    code: string;
    state: string;
}

/** Leaves for the consent screen. The state stays in this tab's session storage: proof that this tab has asked. */
export function leave(host: RedirectHost, authUrl: string, state: string, connector_id: string) {
    host.sessionStorage.setItem(KEPT + state, connector_id);
    const back = new URL(authUrl, host.location.href).searchParams.get("redirect_uri");
    if (back !== null) host.sessionStorage.setItem(WHERE + state, back);
    host.location.assign(authUrl);
}

/**
 * What this page's address brings back, taken out of the address and the storage; `undefined` when it is no return.
 * @throws OAuthError `state_mismatch` when this tab did not ask, or the provider's own code, such as `access_denied`.
 */
export function comeBack(host: RedirectHost): Returned | undefined {
    const address = new URL(host.location.href);
    const said = Object.fromEntries(address.searchParams);
    const { code, state, error } = said;
    if (state === undefined || (code === undefined && error === undefined)) return undefined;
    const back = host.sessionStorage.getItem(WHERE + state);
    host.sessionStorage.removeItem(WHERE + state);
    // The code must not stay in the address bar or the history.
    host.history.replaceState(host.history.state, "", withoutAnswer(address, back));
    const connector_id = host.sessionStorage.getItem(KEPT + state);
    host.sessionStorage.removeItem(KEPT + state);
    if (connector_id === null) {
        throw new OAuthError({
            code: "state_mismatch",
            message: "this authorization was not started in this tab, or was finished before: start again",
        });
    }
    if (code === undefined || error !== undefined) throw refusal(error, said["error_description"], connector_id);
    return { connector_id, code, state };
}

/**
 * The address as it was before the provider answered to it: providers add more than the answer (granted scopes, which account),
 * each something else, so it becomes the one that this tab had asked them to answer to.
 */
function withoutAnswer(address: URL, back: string | null): string {
    if (back !== null && URL.canParse(back)) {
        const { origin, pathname } = new URL(back);
        if (origin === address.origin && pathname === address.pathname) return back;
    }
    for (const name of ["code", "state", "error", "error_description"]) address.searchParams.delete(name);
    return address.href;
}

const CHOOSING = "gangway.picker.";

/** Leaves for the picker. What proves on the return that this tab has asked stays in its session storage. */
export function leaveToChoose(host: RedirectHost, session: PickerSession, state: string, connector_id: string) {
    host.sessionStorage.setItem(CHOOSING + session.session_id, JSON.stringify({ state, connector_id }));
    host.location.assign(session.picker_url);
}

/**
 * Which picker this page's address comes back from; taken out of the address and the storage. `undefined` when this tab
 * has opened none of that name: the address may be about something else.
 * @throws ConnectorError `state_mismatch` when the address does not bring back what this tab sent.
 */
export function comeBackChosen(host: RedirectHost): { connector_id: string; session_id: string } | undefined {
    const address = new URL(host.location.href);
    const said = address.searchParams;
    const session_id = said.get("session_id") ?? "";
    const kept = parsed(host.sessionStorage.getItem(CHOOSING + session_id));
    if (!kept) return undefined;
    const matches = said.get("state") === kept.state;
    for (const name of ["session_id", "state", "status"]) said.delete(name);
    host.history.replaceState(host.history.state, "", address.href);
    host.sessionStorage.removeItem(CHOOSING + session_id);
    if (!matches) throw new ConnectorError({ code: "state_mismatch", message: "this picker was not opened in this tab: open it again" });
    return { connector_id: kept.connector_id, session_id };
}

/** What this tab waits for, when this page's address is a return: nothing is taken out of it yet. */
export function waitsFor(host: RedirectHost): { kind: "authorization" | "choice"; connector_id: string } | undefined {
    const said = new URL(host.location.href).searchParams;
    const state = said.get("state");
    const authorized = state !== null && (said.has("code") || said.has("error"));
    const connector_id = authorized ? host.sessionStorage.getItem(KEPT + state) : null;
    if (connector_id !== null) return { kind: "authorization", connector_id };
    const chosen = parsed(host.sessionStorage.getItem(CHOOSING + (said.get("session_id") ?? "")));
    return chosen && { kind: "choice", connector_id: chosen.connector_id };
}

function parsed(kept: string | null): { state: string; connector_id: string } | undefined {
    try {
        return kept === null ? undefined : (JSON.parse(kept) as { state: string; connector_id: string });
    } catch {
        return undefined;
    }
}

export function refusal(error: unknown, description: unknown, connector_id: string | undefined): OAuthError {
    const code = typeof error === "string" ? error : "access_denied";
    const message = typeof description === "string" && description !== "" ? description : undefined;
    const denied = "access was denied: nothing was connected";
    return new OAuthError({ code, connector_id, message: message ?? (code === "access_denied" ? denied : `the provider refused: ${code}`) });
}

/** The real window as these functions see it. */
export function redirectHost(): RedirectHost {
    if (typeof window !== "undefined") return window;
    throw new ConnectorError({ code: "invalid_option", message: "this needs a browser's window" });
}
