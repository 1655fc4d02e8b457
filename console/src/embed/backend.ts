// The product's own back end, as the script calls it: it holds the user's token, the page never does.

import { failureOf, NetworkError } from "../../../sdks/typescript/src/errors.js";
import { remember } from "../../../sdks/typescript/src/open_authorizations.js";
import type { PickingClient } from "../../../sdks/typescript/src/picker.js";
import type { AuthorizingClient } from "../../../sdks/typescript/src/popup.js";
import type { Authorization, Connector, PickerChoice, PickerSession } from "../../../sdks/typescript/src/types.js";

/** One call to the back end: which of the five, about which connector, with what. */
export interface BackendCall {
    action: "status" | "authorize" | "token" | "picker" | "choice";
    connector: string;
    /** Of `choice`. */
    session?: string;
    /** What Gangway's call of the same name takes. */
    body?: Record<string, unknown>;
    signal?: AbortSignal | undefined;
}

/** The address below which the back end answers, or a function that answers in its stead. */
export type BackendOption = string | ((call: BackendCall) => Promise<unknown>);

/** The back end in the words of the SDK, whose popups call it like a client. */
export type Backend = AuthorizingClient & PickingClient & { token(connector: string, body: { code: string; state: string }): Promise<unknown> };

export function backendOf(option: BackendOption): Backend {
    const ask = typeof option === "function" ? option : (call: BackendCall) => request(option, call);
    const status = async (connector: string, { signal }: { signal?: AbortSignal | undefined } = {}) =>
        (await ask({ action: "status", connector, signal })) as Connector;
    const token = (connector: string, body: { code: string; state: string }) => ask({ action: "token", connector, body });
    return {
        getConnectorStatus: status,
        token,
        async authorize(connector, { signal, ...body } = {}) {
            const begun = (await ask({ action: "authorize", connector, body, signal })) as Authorization;
            const finish = async (code: { code: string; state?: string | undefined }) => (await token(connector, { code: code.code, state: code.state ?? begun.state })) as never;
            remember(begun.state, { connector_id: connector, finish, status: (asked) => status(connector, asked) }, begun.expires_in ?? 600);
            return begun;
        },
        createPicker: async (connector, { signal, ...body } = {}) => (await ask({ action: "picker", connector, body, signal })) as PickerSession,
        getPicker: async (connector, session, { signal } = {}) => (await ask({ action: "choice", connector, session, signal })) as PickerChoice,
    };
}

const METHODS = { status: "GET", authorize: "POST", token: "POST", picker: "POST", choice: "GET" } as const;

/** The paths are those of Gangway below `/rest/connectors`, so that a back end may simply pass them on. */
async function request(base: string, { action, connector, session, body, signal }: BackendCall): Promise<unknown> {
    const tail = { status: "", authorize: "/authorize", token: "/token", picker: "/picker", choice: `/picker/${encodeURIComponent(session ?? "")}` }[action];
    const init: RequestInit = { method: METHODS[action], credentials: "same-origin", headers: { accept: "application/json" } };
    if (body) {
        init.headers = { accept: "application/json", "content-type": "application/json" };
        init.body = JSON.stringify(body);
    }
    if (signal) init.signal = signal;
    let answer: Response;
    try {
        answer = await fetch(`${base.replace(/\/$/, "")}/${encodeURIComponent(connector)}${tail}`, init);
    } catch (cause) {
        if (signal?.aborted) throw cause;
        throw new NetworkError({ code: "network_error", message: "the server does not answer: check your network and try again", connector_id: connector, cause });
    }
    const said: unknown = await answer.json().catch(() => undefined);
    if (!answer.ok) throw failureOf({ status: answer.status, header: (name) => answer.headers.get(name), body: said }, connector);
    return said;
}
