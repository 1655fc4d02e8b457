// The names under which the API's shapes are used. The shapes themselves are generated from the server's document.

import type { components } from "./generated/api.js";

type Shapes = components["schemas"];

/** A connector, whether it is connected, and how it fares. */
export type Connector = Shapes["Connector"];
/** One connection through a connector; a user may have several. */
export type Connection = Shapes["Connection"];
/** Where to send the browser, and the state that comes back with the code. */
export type Authorization = Shapes["AuthorizeAnswer"];
/** What an exchanged code brought: sealed handles, never a provider's token. */
export type TokenAnswer = Shapes["TokenAnswer"];
export type RefreshAnswer = Shapes["RefreshAnswer"];
/** A file or folder at the source. */
export type SourceFile = Shapes["SourceFile"];
export type FileList = Shapes["FileList"];
export type FileVersion = Shapes["Version"];
export type VersionList = Shapes["VersionList"];
export type FileExplanation = Shapes["FileExplanation"];
/** A piece of a file's text. */
export type FileText = Shapes["FileText"];
export type PickerSession = Shapes["PickerAnswer"];
export type PickedFile = Shapes["PickedFile"];
/** What a person has chosen in the hosted picker, once `status` is `picked`. */
export type PickerChoice = Omit<Shapes["PickerStatus"], "status"> & {
    status: "open" | "picked" | "cancelled" | "expired";
};
export type SyncMode = Shapes["SyncMode"];
export type SyncStatus = "pending" | "processing" | "completed" | "partial" | "failed" | "cancelled";
/** A sync job and how far it is. */
export type SyncJob = Omit<Shapes["SyncJob"], "status"> & { status: SyncStatus };
/**
 * A sync job that has just been started. It has the fields that a progress bar reads, so that one variable can hold
 * it and, later, the {@link SyncJob} that `getSyncStatus` answers.
 */
export type StartedSync = Pick<SyncJob, "job_id" | "status" | "progress" | "files_synced" | "files_failed"> &
    Partial<SyncJob> &
    Partial<Omit<Shapes["SyncAnswer"], "job_id" | "status">>;
export type SyncJobList = Omit<Shapes["JobList"], "jobs"> & { jobs: SyncJob[] };
export type FileOutcome = Shapes["FileOutcome"];
export type OutcomeList = Shapes["OutcomeList"];
export type UploadedFile = Shapes["UploadedFile"];
export type UploadAnswer = Shapes["UploadAnswer"];
export type ResumableUpload = Shapes["ResumableUpload"];
export type Collection = Shapes["Collection"];
export type CollectionList = Shapes["CollectionList"];
export type CollectionFile = Shapes["CollectionFile"];
export type CollectionFileList = Shapes["CollectionFileList"];
export type NewCollection = Shapes["CreateCollectionRequest"];
export type CollectionChange = Shapes["UpdateCollectionRequest"];
export type SearchRequest = Shapes["SearchRequest"];
export type SearchFilters = Shapes["SearchFilters"];
export type SearchAnswer = Shapes["SearchAnswer"];
export type Hit = Shapes["Hit"];
export type User = Shapes["User"];
/** What came through a connection. */
export type ConnectionContents = Shapes["ConnectionContents"];
/** What a collection's sources have, what of it is here, and why the rest is not. */
export type Coverage = Shapes["Coverage"];

/** What a user allowed an assistant. */
export type Assistant = Shapes["Assistant"];
export type AssistantList = Shapes["AssistantList"];
export type UsersAssistant = Shapes["UsersAssistant"];
export type UsersAssistantList = Shapes["UsersAssistantList"];

/** Who is signed in in a browser. */
export type Session = Shapes["Session"];

export type UserList = Shapes["UserList"];
export type NewUser = Shapes["CreateUserRequest"];
export type UserChange = Shapes["UpdateUserRequest"];
export type UserToken = Shapes["Token"];
export type NewToken = Shapes["CreateTokenRequest"];
export type CreatedToken = Shapes["CreateTokenAnswer"];
export type Organization = Shapes["Organization"];
export type OrganizationList = Shapes["OrganizationList"];
export type NewOrganization = Shapes["CreateOrganizationRequest"];
/** How far a connector is set up, and what to register at its provider. */
export type ConnectorSetup = Shapes["ConnectorSetup"];
export type ServerStatus = Shapes["ServerStatus"];
export type Webhook = Shapes["Webhook"];
export type AuditEntry = Shapes["AuditEntry"];
export type AuditList = Shapes["AuditList"];

/** What every call takes. */
export interface CallOptions {
    /** Ends the call: its promise is rejected with the signal's reason. */
    signal?: AbortSignal | undefined;
}

/** What calls on a connection take. */
export interface ConnectionOptions extends CallOptions {
    /** Which connection, when a user has several through one connector; the first when left out. */
    connection?: string | undefined;
}

export interface PageOptions extends CallOptions {
    /** Results on a page: 1 to 100; the server takes 50 when left out. */
    limit?: number | undefined;
    /** `next_cursor` of the page before. */
    cursor?: string | undefined;
}

export interface ReadTextOptions extends CallOptions {
    /** `next_offset` of the answer before. */
    offset?: number | undefined;
    /** Bytes of text in the answer at most: 1000 to 200000, which is what the server takes when left out. */
    limit?: number | undefined;
}

export interface AuthorizeOptions extends CallOptions {
    /** Where the provider sends the browser back; the server's own callback page when left out. */
    redirect_uri?: string | undefined;
    /** An anti-forgery value that was never used before; the server makes one when left out. */
    state?: string | undefined;
    /** Short (`drive.readonly`) or full names; the connector's defaults when left out. */
    scopes?: string[] | undefined;
    /** The account to suggest on the consent screen. */
    login_hint?: string | undefined;
}

/** What comes back from the consent screen. */
export interface AuthorizationCode {
    code: string;
    /** The state that came back with the code; when left out, that of the last `authorize` of this connector. */
    state?: string | undefined;
    redirect_uri?: string | undefined;
}

export interface ListFilesOptions extends ConnectionOptions, PageOptions {
    /** Goes into a folder; the top when left out. */
    folder_id?: string | undefined;
    /** Searches at the source. */
    query?: string | undefined;
}

export interface PickerOptions extends ConnectionOptions {
    /** Whether more than one file may be chosen; true when left out. */
    multiple?: boolean | undefined;
    /** Only these types, by name or by family (`image/*`). */
    mime_types?: string[] | undefined;
    max_files?: number | undefined;
    /** The page that is told the choice by `postMessage`; must be on the server's list. */
    origin?: string | undefined;
    /** Where the picker leads when no window opened it; must be one of the server's `redirect_uris`. */
    redirect_uri?: string | undefined;
    /** Given back with the choice, as it came. */
    state?: string | undefined;
}

export interface SyncOptions extends ConnectionOptions {
    /** `auto` keeps following: new, changed, moved and deleted files come along. `manual` when left out. */
    sync_mode?: SyncMode | undefined;
    /** Lets a sync go ahead that would remove an unusual share of the collection. */
    allow_mass_removal?: boolean | undefined;
}

export interface WaitOptions extends CallOptions {
    /** Told each state of the job, the last one included. */
    onProgress?: ((job: SyncJob) => void) | undefined;
}

export interface SearchOptions extends CallOptions {
    filters?: SearchFilters | undefined;
    /** Whether files with nearly the same text each get a hit of their own. */
    show_duplicates?: boolean | undefined;
    /** Hits on a page: 1 to 100; 50 when left out. */
    limit?: number | undefined;
    cursor?: string | undefined;
}
