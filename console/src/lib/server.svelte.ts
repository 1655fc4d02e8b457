// The server as the console knows it: the public API by its SDK, and who is signed in.

import {
    BrowserSession,
    ConnectorError,
    createAdminClient,
    createConnectorsClient,
    OAuthPopupManager,
    type Session,
} from "@pplx-unofficial/sdk";

const browser = new BrowserSession();

export const connectors = createConnectorsClient({ session: browser });
export const admin = createAdminClient({ session: browser });
export const popup = new OAuthPopupManager();

/** Whom the page was last loaded for. */
let before: string | undefined;
const nameOf = ({ role, user }: Session) => user?.id ?? role;

let session = $state.raw<Session | undefined>();
let ended = $state(false);

export const who = {
    /** Who is signed in; undefined when nobody is. */
    get session(): Session | undefined {
        return session;
    },
    /** Whether somebody was signed in on this page, and the session ended by itself. */
    get ended(): boolean {
        return ended;
    },
    async restore(): Promise<void> {
        session = await browser.restore();
        before = session && nameOf(session);
    },
    /** Looks whether it is still the same person: in another tab, somebody else may have signed in. */
    async check(): Promise<void> {
        if (!session) return;
        const now = await browser.restore();
        if (!now) this.lost();
        else if (nameOf(now) !== before) location.assign("/console/");
    },
    async signIn(token: string): Promise<void> {
        const next = await browser.signIn(token);
        // What this page still holds belongs to whoever was here before.
        if (before !== undefined && before !== nameOf(next)) return location.assign("/console/");
        session = next;
        before = nameOf(next);
        ended = false;
    },
    async signOut(): Promise<void> {
        await browser.signOut();
        location.assign("/console/");
    },
    /** A call was refused because the session is over. */
    lost(): void {
        if (!session) return;
        session = undefined;
        ended = true;
    },
};

/** Takes note of a failure that is about the session; whoever called still tells its own. */
export function noticed(error: unknown): void {
    if (error instanceof ConnectorError && error.code === "unauthorized") who.lost();
}
