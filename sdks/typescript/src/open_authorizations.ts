// The authorizations that clients on this page have started and nobody has finished.
//
// The one thing this package remembers outside of any object: a popup manager is given an address and nothing else
// (`popup.authorize(auth.auth_url)`), and finds here the client that can finish what the address began.

import type { AuthorizationCode, CallOptions, Connector, TokenAnswer } from "./types.js";

export interface OpenAuthorization {
    connector_id: string;
    finish(code: AuthorizationCode, options: CallOptions): Promise<TokenAnswer>;
    status(options: CallOptions): Promise<Connector>;
}

const open = new Map<string, { authorization: OpenAuthorization; ends: number }>();

export function remember(state: string, authorization: OpenAuthorization, seconds: number) {
    const now = Date.now();
    for (const [other, { ends }] of open) if (ends <= now) open.delete(other);
    open.set(state, { authorization, ends: now + seconds * 1000 });
}

export function find(state: string): OpenAuthorization | undefined {
    return open.get(state)?.authorization;
}

export function forget(state: string) {
    open.delete(state);
}
