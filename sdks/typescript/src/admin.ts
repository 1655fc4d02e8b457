// What the admin key can do: organisations, users and their tokens, how connectors are set up, the audit log.

import { everyPage } from "./paging.js";
import { part, transportFor, type ClientOptions } from "./setup.js";
import type { Transport } from "./transport.js";
import type * as t from "./types.js";

/** A client for the admin key; for your back end, and for operators' pages. */
export function createAdminClient(options: ClientOptions = {}): AdminClient {
    return new AdminClient(options);
}

export class AdminClient {
    readonly #transport: Transport;

    constructor(options: ClientOptions = {}) {
        this.#transport = transportFor(options);
    }

    // Users

    async listUsers(options: t.PageOptions & { external_id?: string | undefined; query?: string | undefined } = {}): Promise<t.UserList> {
        const { signal, ...query } = options;
        return this.#get("/users", query, signal);
    }

    listAllUsers(options: t.PageOptions & { query?: string | undefined } = {}): AsyncGenerator<t.User, void> {
        return everyPage(options, (page) => this.listUsers(page), ({ users }) => users);
    }

    /** The user with your product's own id, if there is one. */
    async findUser(externalId: string, { signal }: t.CallOptions = {}): Promise<t.User | undefined> {
        return (await this.listUsers({ external_id: externalId, signal })).users[0];
    }

    async createUser(user: t.NewUser, { signal }: t.CallOptions = {}): Promise<t.User> {
        return this.#post("/users", user, signal);
    }

    async getUser(id: string, { signal }: t.CallOptions = {}): Promise<t.User> {
        return this.#get(`/users/${part(id)}`, {}, signal);
    }

    /**
     * Changes what is given; what is left out stays as it is. `disabled: true` has everything refused that acts as the user, and
     * loses nothing: `disabled: false` brings all of it back.
     */
    async updateUser(id: string, change: t.UserChange, { signal }: t.CallOptions = {}): Promise<t.User> {
        const path = `/rest/admin/users/${part(id)}`;
        return this.#transport.json({ method: "PATCH", path, json: change, repeatable: "always", signal });
    }

    /** Deletes a user with everything that belongs to them; grants are revoked at the providers. */
    async deleteUser(id: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#delete(`/users/${part(id)}`, signal);
    }

    // Their tokens

    async listTokens(userId: string, { signal }: t.CallOptions = {}): Promise<t.UserToken[]> {
        return (await this.#get<{ tokens: t.UserToken[] }>(`/users/${part(userId)}/tokens`, {}, signal)).tokens;
    }

    /** Makes a token that acts as the user; its text is in this answer and nowhere else. */
    async createToken(userId: string, token: t.NewToken = {}, { signal }: t.CallOptions = {}): Promise<t.CreatedToken> {
        return this.#post(`/users/${part(userId)}/tokens`, token, signal);
    }

    /** Ends a token, and the sessions that were signed in with it. */
    async deleteToken(userId: string, tokenId: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#delete(`/users/${part(userId)}/tokens/${part(tokenId)}`, signal);
    }

    // Their assistants

    /** The assistants that users have allowed something, or one user has, the newest first. */
    async listAssistants(options: t.PageOptions & { user_id?: string | undefined } = {}): Promise<t.UsersAssistantList> {
        const { signal, ...query } = options;
        return this.#get("/assistants", query, signal);
    }

    listAllAssistants(options: t.PageOptions & { user_id?: string | undefined } = {}): AsyncGenerator<t.UsersAssistant, void> {
        return everyPage(options, (page) => this.listAssistants(page), ({ assistants }) => assistants);
    }

    /** Ends what a user allowed an assistant: its tokens are refused from now on. */
    async deleteAssistant(assistantId: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#delete(`/assistants/${part(assistantId)}`, signal);
    }

    // Organisations

    async listOrganizations(options: t.PageOptions = {}): Promise<t.OrganizationList> {
        const { signal, ...query } = options;
        return this.#get("/organizations", query, signal);
    }

    listAllOrganizations(options: t.PageOptions = {}): AsyncGenerator<t.Organization, void> {
        return everyPage(options, (page) => this.listOrganizations(page), ({ organizations }) => organizations);
    }

    async createOrganization(organization: t.NewOrganization, { signal }: t.CallOptions = {}): Promise<t.Organization> {
        return this.#post("/organizations", organization, signal);
    }

    // Connectors

    /** Which connectors are configured, and what to register at the providers of the others. */
    async listConnectorSetups({ signal }: t.CallOptions = {}): Promise<t.ConnectorSetup[]> {
        return (await this.#get<{ connectors: t.ConnectorSetup[] }>("/connectors", {}, signal)).connectors;
    }

    /** The webhook addresses to enter at providers, and how far each is. */
    async listWebhooks({ signal }: t.CallOptions = {}): Promise<t.Webhook[]> {
        return (await this.#get<{ webhooks: t.Webhook[] }>("/webhooks", {}, signal)).webhooks;
    }

    /** Says that the token a provider offered is the right one: no later offer replaces it. */
    async confirmWebhook(connectorId: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#post(`/webhooks/${part(connectorId)}/confirm`, undefined, signal);
    }

    /** Forgets what a provider offered, so that a new handshake can offer another. */
    async forgetWebhook(connectorId: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#delete(`/webhooks/${part(connectorId)}`, signal);
    }

    // The server

    /** What the server is at: how far the vectors are that search by meaning needs. */
    async getStatus({ signal }: t.CallOptions = {}): Promise<t.ServerStatus> {
        return this.#get("/status", {}, signal);
    }

    // The log

    async listAudit(options: t.PageOptions = {}): Promise<t.AuditList> {
        const { signal, ...query } = options;
        return this.#get("/audit", query, signal);
    }

    #get<T>(path: string, query: Record<string, string | number | undefined>, signal: AbortSignal | undefined): Promise<T> {
        return this.#transport.json({ method: "GET", path: `/rest/admin${path}`, query, repeatable: "always", signal });
    }

    #post<T>(path: string, json: unknown, signal: AbortSignal | undefined): Promise<T> {
        return this.#transport.json({ method: "POST", path: `/rest/admin${path}`, json, repeatable: "refused", signal });
    }

    #delete(path: string, signal: AbortSignal | undefined): Promise<void> {
        return this.#transport.json({ method: "DELETE", path: `/rest/admin${path}`, repeatable: "always", signal });
    }
}
