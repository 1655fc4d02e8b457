// Signing in on pages of the server's own origin: a token is shown once, and a cookie that no script reads stands for it.

import { ConnectorError } from "./errors.js";
import { transportFor, type ClientOptions } from "./setup.js";
import type { Transport } from "./transport.js";
import type { CallOptions, Session } from "./types.js";

const PATH = "/console/session";

/**
 * A browser's session, handed to clients in place of a token.
 *
 * ```ts
 * const session = new BrowserSession();
 * if (!(await session.restore())) await session.signIn(token);
 * const connectors = createConnectorsClient({ session });
 * ```
 *
 * The cookie goes along with calls of pages on the server's own origin and of no other; this object keeps what calls that
 * change something have to show besides.
 */
export class BrowserSession {
    readonly #transport: Transport;
    #csrfToken: string | undefined;

    constructor(options: Omit<ClientOptions, "authToken" | "session"> = {}) {
        this.#transport = transportFor({ ...options, session: this });
    }

    get csrfToken(): string | undefined {
        return this.#csrfToken;
    }

    /** Signs this browser in with a user token or the admin key, which is not kept. */
    async signIn(token: string, { signal }: CallOptions = {}): Promise<Session> {
        const call = { method: "POST", path: PATH, json: { token }, repeatable: "refused", signal } as const;
        return this.#remember(await this.#transport.json<Session>(call));
    }

    /** Who is signed in in this browser; undefined when nobody is. */
    async restore({ signal }: CallOptions = {}): Promise<Session | undefined> {
        try {
            const call = { method: "GET", path: PATH, repeatable: "always", signal } as const;
            return this.#remember(await this.#transport.json<Session>(call));
        } catch (error) {
            if (!(error instanceof ConnectorError) || error.code !== "unauthorized") throw error;
            this.#csrfToken = undefined;
            return undefined;
        }
    }

    async signOut({ signal }: CallOptions = {}): Promise<void> {
        try {
            await this.#transport.json<void>({ method: "DELETE", path: PATH, repeatable: "always", signal });
        } catch (error) {
            // Whoever is not signed in has no need to sign out.
            if (!(error instanceof ConnectorError) || error.code !== "unauthorized") throw error;
        }
        this.#csrfToken = undefined;
    }

    #remember(session: Session): Session {
        this.#csrfToken = session.csrf_token;
        return session;
    }
}
