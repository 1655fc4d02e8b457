// The client: one method for each thing the API does for a user, named as the guide names them.

import { ConnectorError } from "./errors.js";
import { forget, remember } from "./open_authorizations.js";
import { everyPage } from "./paging.js";
import { pauseAfter } from "./patience.js";
import { comeBack, redirectHost, type RedirectHost } from "./redirect.js";
import { part, transportFor, type ClientOptions } from "./setup.js";
import type { Call, Transport } from "./transport.js";
import type * as t from "./types.js";
import { upload, type UploadOptions, type Uploads } from "./upload.js";

export interface ConnectorsClientOptions extends ClientOptions {
    /** Milliseconds after which a silent event stream is opened anew; 45,000 when left out (the server says something every 15 s). */
    longestSilence?: number | undefined;
}

/** A client that acts for one user. */
export function createConnectorsClient(options: ConnectorsClientOptions = {}): ConnectorsClient {
    return new ConnectorsClient(options);
}

const EXCHANGES_KEPT = 8;
const PICKER_PAUSE = 1_000;

export class ConnectorsClient {
    readonly #transport: Transport;
    readonly #silence: number;
    readonly #ownFetch: boolean;
    /** Of each connector, the state of its last authorization. */
    readonly #states = new Map<string, string>();
    /** Exchanges by code, the latest last: a code is good once, and a popup may have exchanged it already. */
    readonly #exchanges = new Map<string, Promise<t.TokenAnswer>>();

    constructor(options: ConnectorsClientOptions = {}) {
        this.#ownFetch = options.fetch !== undefined;
        this.#silence = options.longestSilence ?? 45_000;
        this.#transport = transportFor(options);
    }

    // Connecting

    /** Starts the OAuth flow: open `auth_url` with an `OAuthPopupManager`, or lead the person there. */
    async authorize(connectorId: string, options: t.AuthorizeOptions = {}): Promise<t.Authorization> {
        const { signal, ...json } = options;
        const authorization = await this.#call<t.Authorization>(connectorId, {
            method: "POST",
            path: "/authorize",
            json,
            // A state of the caller's own is good once.
            repeatable: options.state === undefined ? "always" : "refused",
            signal,
        });
        this.#states.set(connectorId, authorization.state);
        remember(
            authorization.state,
            {
                connector_id: connectorId,
                finish: (code, asked) => this.token(connectorId, code, asked),
                status: (asked) => this.getConnectorStatus(connectorId, asked),
            },
            authorization.expires_in,
        );
        return authorization;
    }

    /**
     * Exchanges the code that came back from the consent screen; afterwards the account is connected. A code that this
     * client has exchanged already, as an `OAuthPopupManager` makes it do, gets the same answer again.
     */
    async token(
        connectorId: string,
        code: string | t.AuthorizationCode,
        options: t.CallOptions = {},
    ): Promise<t.TokenAnswer> {
        const given = typeof code === "string" ? { code } : code;
        const key = `${connectorId} ${given.code}`;
        const earlier = this.#exchanges.get(key);
        if (earlier) return earlier;
        const state = given.state ?? this.#states.get(connectorId);
        const exchange = this.#call<t.TokenAnswer>(connectorId, {
            method: "POST",
            path: "/token",
            json: { ...given, state },
            repeatable: "never",
            signal: options.signal,
        });
        this.#exchanges.set(key, exchange);
        for (const oldest of this.#exchanges.keys()) {
            if (this.#exchanges.size <= EXCHANGES_KEPT) break;
            this.#exchanges.delete(oldest);
        }
        try {
            const answer = await exchange;
            if (state !== undefined) this.#forget(connectorId, state);
            return answer;
        } catch (error) {
            this.#exchanges.delete(key);
            throw error;
        }
    }

    /**
     * Finishes an authorization that left the page (`OAuthPopupManager.redirect`): reads code and state from this
     * page's address, removes them from it, and exchanges the code. Answers undefined when the address holds neither.
     * @throws OAuthError `state_mismatch` when this tab has not started it: then somebody else wants it finished here.
     */
    async finishRedirect(options: t.CallOptions & { window?: RedirectHost } = {}): Promise<t.TokenAnswer | undefined> {
        const back = comeBack(options.window ?? redirectHost());
        if (!back) return undefined;
        return this.token(back.connector_id, { code: back.code, state: back.state }, { signal: options.signal });
    }

    /** All connectors: those that are connected, those that can be, and why the others cannot. */
    async getConnectorsStatus(options: t.CallOptions = {}): Promise<t.Connector[]> {
        const call: Call = { method: "GET", path: "/rest/connectors", repeatable: "always", signal: options.signal };
        return (await this.#transport.json<{ connectors: t.Connector[] }>(call)).connectors;
    }

    async getConnectorStatus(connectorId: string, options: t.CallOptions = {}): Promise<t.Connector> {
        return this.#call(connectorId, { method: "GET", path: "", repeatable: "always", signal: options.signal });
    }

    /** Renews the provider's access token now. The server does so by itself before it ends. */
    async refreshToken(connectorId: string, { connection, signal }: t.ConnectionOptions = {}): Promise<t.RefreshAnswer> {
        const query = { connection };
        return this.#call(connectorId, { method: "POST", path: "/refresh", query, repeatable: "refused", signal });
    }

    /** What came through a connection: what disconnecting would delete. */
    async getConnectionContents(connectorId: string, { connection, signal }: t.ConnectionOptions = {}): Promise<t.ConnectionContents> {
        const query = { connection };
        return this.#call(connectorId, { method: "GET", path: "/contents", query, repeatable: "always", signal });
    }

    /**
     * Ends a connection: revokes the grant at the provider and deletes what came through it. Without `connection` the
     * first one is meant; when the answer to that is lost, it is not sent again: there may be another first one by then.
     */
    async disconnect(connectorId: string, { connection, signal }: t.ConnectionOptions = {}): Promise<void> {
        const repeatable = connection === undefined ? "refused" : "always";
        return this.#call(connectorId, { method: "DELETE", path: "", query: { connection }, repeatable, deletes: true, signal });
    }

    // Files at the source

    /** One page of files: of a folder, or of what a search at the source finds. */
    async listFiles(connectorId: string, options: t.ListFilesOptions = {}): Promise<t.FileList> {
        const { signal, ...query } = options;
        return this.#onConnection(connectorId, { method: "GET", path: "/files", query, repeatable: "always", signal });
    }

    /** All files, page after page: `for await (const file of connectors.listAllFiles("google_drive")) …` */
    listAllFiles(connectorId: string, options: t.ListFilesOptions = {}): AsyncGenerator<t.SourceFile, void> {
        return everyPage(options, (page) => this.listFiles(connectorId, page), ({ files }) => files);
    }

    async listFileVersions(
        connectorId: string,
        fileId: string,
        options: t.ConnectionOptions & t.PageOptions = {},
    ): Promise<t.VersionList> {
        const { signal, ...query } = options;
        const path = `/files/${part(fileId)}/versions`;
        return this.#onConnection(connectorId, { method: "GET", path, query, repeatable: "always", signal });
    }

    /** Says why a file is here, or why it is not. */
    async explainFile(connectorId: string, fileId: string, options: t.ConnectionOptions = {}): Promise<t.FileExplanation> {
        const { signal, ...query } = options;
        const path = `/files/${part(fileId)}/why`;
        return this.#onConnection(connectorId, { method: "GET", path, query, repeatable: "always", signal });
    }

    /** A piece of the text of a file that was brought in, by our id of it; `next_offset` leads on until it is null. */
    async readText(fileId: string, options: t.ReadTextOptions = {}): Promise<t.FileText> {
        const { signal, ...query } = options;
        const path = `/rest/files/${part(fileId)}/text`;
        return this.#transport.json({ method: "GET", path, query, repeatable: "always", signal });
    }

    // The hosted picker

    /** Opens a picker session; `picker_url` is a page for a popup or a frame. */
    async createPicker(connectorId: string, options: t.PickerOptions = {}): Promise<t.PickerSession> {
        const { signal, connection, ...json } = options;
        const query = { connection };
        return this.#onConnection(connectorId, { method: "POST", path: "/picker", query, json, repeatable: "always", signal });
    }

    async getPicker(connectorId: string, sessionId: string, { signal }: t.CallOptions = {}): Promise<t.PickerChoice> {
        const path = `/picker/${part(sessionId)}`;
        return this.#call(connectorId, { method: "GET", path, repeatable: "always", signal });
    }

    /** Waits until the person has chosen, or closed the picker, or its session has ended: see `status`. */
    async waitForPicker(connectorId: string, sessionId: string, options: t.CallOptions = {}): Promise<t.PickerChoice> {
        for (;;) {
            const choice = await this.getPicker(connectorId, sessionId, options);
            if (choice.status !== "open") return choice;
            await this.#transport.patience.sleep(PICKER_PAUSE, options.signal);
        }
    }

    // Sync

    /** Brings files, and folders with everything below them, into a collection. */
    async syncFiles(
        connectorId: string,
        fileIds: string[],
        collectionUuid: string,
        options: t.SyncOptions = {},
    ): Promise<t.StartedSync> {
        const { signal, connection, ...asked } = options;
        const started = await this.#onConnection<Omit<t.StartedSync, "progress" | "files_synced" | "files_failed">>(connectorId, {
            method: "POST",
            path: "/sync",
            query: { connection },
            json: { file_ids: fileIds, collection_uuid: collectionUuid, ...asked },
            repeatable: "refused",
            signal,
        });
        // True of every job that has only been queued, and what a progress bar wants to know first.
        return { progress: 0, files_synced: 0, files_failed: 0, ...started };
    }

    async getSyncStatus(connectorId: string, jobId: string, { signal }: t.CallOptions = {}): Promise<t.SyncJob> {
        return this.#call(connectorId, { method: "GET", path: `/sync/${part(jobId)}`, repeatable: "always", signal });
    }

    async listSyncs(connectorId: string, options: t.ConnectionOptions & t.PageOptions = {}): Promise<t.SyncJobList> {
        const { signal, ...query } = options;
        return this.#call(connectorId, { method: "GET", path: "/sync", query, repeatable: "always", signal });
    }

    /** What became of each file of a job; `outcome: "failed"` for the failures and what to do about them. */
    async listSyncFiles(
        connectorId: string,
        jobId: string,
        options: t.PageOptions & { outcome?: "synced" | "unchanged" | "skipped" | "failed" | "removed" } = {},
    ): Promise<t.OutcomeList> {
        const { signal, ...query } = options;
        const path = `/sync/${part(jobId)}/files`;
        return this.#call(connectorId, { method: "GET", path, query, repeatable: "always", signal });
    }

    /** How every file of a job ended, page after page. */
    listAllSyncFiles(
        connectorId: string,
        jobId: string,
        options: Parameters<ConnectorsClient["listSyncFiles"]>[2] = {},
    ): AsyncGenerator<t.FileOutcome, void> {
        return everyPage(options, (page) => this.listSyncFiles(connectorId, jobId, page), ({ files }) => files);
    }

    /** Stops a job; what it has brought in stays. */
    async cancelSync(connectorId: string, jobId: string, { signal }: t.CallOptions = {}): Promise<t.SyncJob> {
        return this.#call(connectorId, { method: "DELETE", path: `/sync/${part(jobId)}`, repeatable: "always", signal });
    }

    /**
     * The states of a job as the server tells them, the final one last. A stream that breaks off is opened anew; every
     * event holds the whole state, so nothing is missed by that.
     */
    async *watchSync(connectorId: string, jobId: string, { signal }: t.CallOptions = {}): AsyncGenerator<t.SyncJob, void> {
        const call: Call = {
            method: "GET",
            path: `${pathOf(connectorId)}/sync/${part(jobId)}/events`,
            repeatable: "always",
            connector_id: connectorId,
            unhurried: "reading",
            signal,
        };
        const { patience } = this.#transport;
        for (let failures = 0; ; ) {
            let failure: unknown = new ConnectorError({
                code: "network_error",
                connector_id: connectorId,
                message: "the stream of events ended before the job did: ask getSyncStatus, and check that no proxy holds events back",
            });
            try {
                for await (const { event, data } of this.#transport.events(call, this.#silence)) {
                    if (event !== "progress" && event !== "done") continue;
                    failures = 0;
                    yield JSON.parse(data) as t.SyncJob;
                    if (event === "done") return;
                }
            } catch (error) {
                const passing = ["network_error", "timeout", "unavailable", "rate_limit"];
                if (!(error instanceof ConnectorError) || !passing.includes(error.code)) throw error;
                failure = error;
            }
            failures += 1;
            const pause = pauseAfter(failure, failures - 1, patience.random);
            if (failures >= patience.attempts || pause > patience.longestPause) throw failure;
            await patience.sleep(pause, signal);
        }
    }

    /** Waits for a job's end, whichever it is: look at `status` for `completed`, `partial`, `failed` or `cancelled`. */
    async waitForSync(connectorId: string, jobId: string, options: t.WaitOptions = {}): Promise<t.SyncJob> {
        let last: t.SyncJob | undefined;
        for await (const job of this.watchSync(connectorId, jobId, options)) {
            last = job;
            options.onProgress?.(job);
        }
        return last ?? this.getSyncStatus(connectorId, jobId, options);
    }

    // Uploads

    /**
     * Uploads files from this machine into a collection; each has its own outcome in the answer. A file of more than
     * 16 MB whose connection breaks goes on where it stood. So does the same `File`, given again after this failed, was
     * aborted, or the page was left.
     */
    async upload(files: Uploads, collectionUuid: string, options: UploadOptions = {}): Promise<t.UploadAnswer> {
        return upload(this.#transport, files, collectionUuid, options, this.#ownFetch);
    }

    /** The bytes of an uploaded file. */
    async downloadUpload(fileId: string, { signal }: t.CallOptions = {}): Promise<Blob> {
        const path = `${pathOf("local_upload")}/files/${part(fileId)}/content`;
        const call: Call = { method: "GET", path, repeatable: "always", unhurried: "reading", signal };
        return this.#transport.patiently(call, () =>
            this.#transport.send({ ...call, headers: { accept: "*/*" } }, (answer) => answer.blob()),
        );
    }

    async deleteUpload(fileId: string, { signal }: t.CallOptions = {}): Promise<void> {
        const path = `/files/${part(fileId)}`;
        return this.#call("local_upload", { method: "DELETE", path, repeatable: "always", deletes: true, signal });
    }

    // Search

    /** Searches everything the user may see. */
    async search(query: string, options: t.SearchOptions = {}): Promise<t.SearchAnswer> {
        return this.#search("/rest/search", query, options);
    }

    async searchCollection(uuid: string, query: string, options: t.SearchOptions = {}): Promise<t.SearchAnswer> {
        return this.#search(`/rest/collections/${part(uuid)}/search`, query, options);
    }

    /** All hits, page after page, the best first. */
    searchAll(query: string, options: t.SearchOptions = {}): AsyncGenerator<t.Hit, void> {
        return everyPage(options, (page) => this.search(query, page), ({ hits }) => hits);
    }

    // Collections

    async listCollections(options: t.PageOptions = {}): Promise<t.CollectionList> {
        const { signal, ...query } = options;
        return this.#transport.json({ method: "GET", path: "/rest/collections", query, repeatable: "always", signal });
    }

    listAllCollections(options: t.PageOptions = {}): AsyncGenerator<t.Collection, void> {
        return everyPage(options, (page) => this.listCollections(page), ({ collections }) => collections);
    }

    async createCollection(collection: string | t.NewCollection, { signal }: t.CallOptions = {}): Promise<t.Collection> {
        const json = typeof collection === "string" ? { name: collection } : collection;
        return this.#transport.json({ method: "POST", path: "/rest/collections", json, repeatable: "refused", signal });
    }

    async getCollection(uuid: string, { signal }: t.CallOptions = {}): Promise<t.Collection> {
        return this.#transport.json({ method: "GET", path: collection(uuid), repeatable: "always", signal });
    }

    /** Changes what is given; what is left out stays as it is. */
    async updateCollection(uuid: string, change: t.CollectionChange, { signal }: t.CallOptions = {}): Promise<t.Collection> {
        return this.#transport.json({ method: "PATCH", path: collection(uuid), json: change, repeatable: "always", signal });
    }

    /** Deletes a collection and everything that is in no other. */
    async deleteCollection(uuid: string, { signal }: t.CallOptions = {}): Promise<void> {
        return this.#transport.json({ method: "DELETE", path: collection(uuid), repeatable: "always", deletes: true, signal });
    }

    /** What the sources of a collection have, what of it is here, and why the rest is not. */
    async getCollectionCoverage(uuid: string, { signal }: t.CallOptions = {}): Promise<t.Coverage> {
        return this.#transport.json({ method: "GET", path: `${collection(uuid)}/coverage`, repeatable: "always", signal });
    }

    async listCollectionFiles(uuid: string, options: t.PageOptions = {}): Promise<t.CollectionFileList> {
        const { signal, ...query } = options;
        return this.#transport.json({ method: "GET", path: `${collection(uuid)}/files`, query, repeatable: "always", signal });
    }

    listAllCollectionFiles(uuid: string, options: t.PageOptions = {}): AsyncGenerator<t.CollectionFile, void> {
        return everyPage(options, (page) => this.listCollectionFiles(uuid, page), ({ files }) => files);
    }

    /** Takes a file out of a collection; at the source it stays. */
    async removeCollectionFile(uuid: string, fileId: string, { signal }: t.CallOptions = {}): Promise<void> {
        const path = `${collection(uuid)}/files/${part(fileId)}`;
        return this.#transport.json({ method: "DELETE", path, repeatable: "always", deletes: true, signal });
    }

    // Who

    /** The assistants that the user has allowed something, the newest first. */
    async listAssistants(options: t.PageOptions = {}): Promise<t.AssistantList> {
        const { signal, ...query } = options;
        return this.#transport.json({ method: "GET", path: "/rest/me/assistants", query, repeatable: "always", signal });
    }

    listAllAssistants(options: t.PageOptions = {}): AsyncGenerator<t.Assistant, void> {
        return everyPage(options, (page) => this.listAssistants(page), ({ assistants }) => assistants);
    }

    /** Ends what the user allowed an assistant: its tokens are refused from now on. */
    async deleteAssistant(assistantId: string, { signal }: t.CallOptions = {}): Promise<void> {
        const path = `/rest/me/assistants/${part(assistantId)}`;
        return this.#transport.json({ method: "DELETE", path, repeatable: "always", deletes: true, signal });
    }

    /** Whom this client acts for. */
    async getMe({ signal }: t.CallOptions = {}): Promise<t.User> {
        return this.#transport.json({ method: "GET", path: "/rest/me", repeatable: "always", signal });
    }

    #call<T>(connectorId: string, call: Omit<Call, "connector_id">): Promise<T> {
        return this.#transport.json<T>({ ...call, path: pathOf(connectorId) + call.path, connector_id: connectorId });
    }

    /** A call for which the server asks the provider: an access token that has ended is renewed. */
    #onConnection<T>(connectorId: string, call: Omit<Call, "connector_id" | "refresh">): Promise<T> {
        const named = call.query?.["connection"];
        const connection = typeof named === "string" ? { connection: named } : {};
        const refresh = () => this.refreshToken(connectorId, { ...connection, signal: call.signal });
        return this.#call(connectorId, { ...call, refresh } as Omit<Call, "connector_id">);
    }

    #search(path: string, query: string, options: t.SearchOptions): Promise<t.SearchAnswer> {
        const { signal, ...asked } = options;
        return this.#transport.json({ method: "POST", path, json: { query, ...asked }, repeatable: "always", signal });
    }

    #forget(connectorId: string, state: string) {
        forget(state);
        if (this.#states.get(connectorId) === state) this.#states.delete(connectorId);
    }
}

function pathOf(connectorId: string): string {
    return `/rest/connectors/${part(connectorId)}`;
}

function collection(uuid: string): string {
    return `/rest/collections/${part(uuid)}`;
}
