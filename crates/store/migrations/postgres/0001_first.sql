-- The first shape of the rows. Booleans are INTEGER 0/1, moments BIGINT milliseconds since 1970, ids and JSON TEXT.
-- The folder for the other database holds the same tables and columns; a test compares them.

CREATE TABLE organizations (
    id          TEXT PRIMARY KEY,
    name        TEXT NOT NULL,
    plan        TEXT NOT NULL,
    created_at  BIGINT NOT NULL
);

CREATE TABLE users (
    id               TEXT PRIMARY KEY,
    organization_id  TEXT REFERENCES organizations (id),
    external_id      TEXT UNIQUE,
    name             TEXT,
    email            TEXT,
    plan             TEXT NOT NULL,
    -- the vault's: salt of the wrapping key, the user's wrapped data key, which master key wraps it
    key_salt         BYTEA NOT NULL,
    key_iterations   BIGINT NOT NULL,
    key_wrapped      BYTEA NOT NULL,
    key_version      BIGINT NOT NULL,
    created_at       BIGINT NOT NULL
);

CREATE INDEX users_by_organization ON users (organization_id);

CREATE TABLE user_tokens (
    id            TEXT PRIMARY KEY,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- SHA-256 of the token, hex
    hash          TEXT NOT NULL UNIQUE,
    label         TEXT,
    created_at    BIGINT NOT NULL,
    expires_at    BIGINT
);
CREATE INDEX user_tokens_by_user ON user_tokens (user_id);

CREATE TABLE authorization_requests (
    -- SHA-256 of the state, hex
    state_hash       TEXT PRIMARY KEY,
    user_id          TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connector_id     TEXT NOT NULL,
    -- set when an existing connection is being connected again
    connection_id    TEXT,
    redirect_uri     TEXT NOT NULL,
    -- JSON list of full scope names
    scopes           TEXT NOT NULL,
    verifier_sealed  BYTEA NOT NULL,
    expires_at       BIGINT NOT NULL,
    -- 1 once a code was presented with this state: it never works a second time
    used             INTEGER NOT NULL
);
CREATE INDEX authorization_requests_by_user ON authorization_requests (user_id, connector_id);
CREATE INDEX authorization_requests_by_end ON authorization_requests (expires_at);

CREATE TABLE connections (
    id                   TEXT PRIMARY KEY,
    user_id              TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connector_id         TEXT NOT NULL,
    account_id           TEXT NOT NULL,
    account_email        TEXT,
    account_name         TEXT,
    state                TEXT NOT NULL,
    state_reason         TEXT,
    -- JSON list
    scopes               TEXT NOT NULL,
    access_sealed        BYTEA,
    refresh_sealed       BYTEA,
    expires_at           BIGINT,
    refresh_expires_at   BIGINT,
    generation           BIGINT NOT NULL,
    -- who is refreshing right now, and until when that claim holds
    refreshing_by        TEXT,
    refreshing_until     BIGINT,
    connected_at         BIGINT NOT NULL,
    last_sync_at         BIGINT,
    last_polled_at       BIGINT,
    UNIQUE (user_id, connector_id, account_id)
);
CREATE INDEX connections_by_account ON connections (connector_id, account_id);
CREATE INDEX connections_by_poll ON connections (state, last_polled_at);

CREATE TABLE collections (
    id               TEXT PRIMARY KEY,
    owner_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    organization_id  TEXT,
    name             TEXT NOT NULL,
    description      TEXT,
    access           TEXT NOT NULL,
    -- 1 while it is being taken apart: nobody sees it any more
    deleting         INTEGER NOT NULL,
    created_at       BIGINT NOT NULL,
    updated_at       BIGINT NOT NULL
);
CREATE INDEX collections_by_owner ON collections (owner_id);
CREATE INDEX collections_by_organization ON collections (organization_id, access);

CREATE TABLE items (
    id             TEXT PRIMARY KEY,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    provider_id    TEXT NOT NULL,
    parent_id      TEXT,
    target_id      TEXT,
    feed           TEXT,
    kind           TEXT NOT NULL,
    name           TEXT NOT NULL,
    media_type     TEXT NOT NULL,
    size           BIGINT,
    modified_at    BIGINT,
    url            TEXT,
    revision       TEXT,
    content_hash   TEXT,
    state          TEXT NOT NULL,
    reason_code    TEXT,
    reason_message TEXT,
    observed_at    BIGINT NOT NULL,
    synced_at      BIGINT,
    UNIQUE (connection_id, provider_id)
);
CREATE INDEX items_by_connection ON items (connection_id, id);
CREATE INDEX items_by_parent ON items (connection_id, parent_id, id);
CREATE INDEX items_by_target ON items (connection_id, target_id) WHERE target_id IS NOT NULL;
CREATE INDEX items_by_hash ON items (connection_id, content_hash);

-- An item's extracted text: small ones here, larger ones in the blob store under blob_key.
CREATE TABLE documents (
    item_id    TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    body       BYTEA,
    blob_key   TEXT,
    text_bytes BIGINT NOT NULL
);
CREATE INDEX documents_by_blob ON documents (blob_key) WHERE blob_key IS NOT NULL;

-- The bytes of uploaded files, which have no other home.
CREATE TABLE originals (
    item_id   TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    blob_key  TEXT NOT NULL,
    size      BIGINT NOT NULL
);
CREATE INDEX originals_by_blob ON originals (blob_key);

-- Blobs that no row needs any more, or that a row is about to need: written here before the blob, taken out
-- in the transaction that makes a row point at it. What stays is deleted from the store after a while.
CREATE TABLE orphaned_blobs (
    blob_key     TEXT PRIMARY KEY,
    orphaned_at  BIGINT NOT NULL
);
CREATE INDEX orphaned_blobs_by_time ON orphaned_blobs (orphaned_at);

-- A root that was chosen for a collection.
CREATE TABLE scopes (
    id             TEXT PRIMARY KEY,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    collection_id  TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    root_id        TEXT NOT NULL,
    root_kind      TEXT NOT NULL,
    feed           TEXT,
    mode           TEXT NOT NULL,
    -- 1 once its first listing is complete
    listed         INTEGER NOT NULL,
    -- 1 while it is being taken apart: its placements count no more
    removing       INTEGER NOT NULL,
    created_at     BIGINT NOT NULL,
    UNIQUE (connection_id, collection_id, root_id)
);
CREATE INDEX scopes_by_collection ON scopes (collection_id);

-- Which item stands in which scope; `seen_by` is the last listing (job) that showed it there.
CREATE TABLE placements (
    scope_id       TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    item_id        TEXT NOT NULL REFERENCES items (id) ON DELETE CASCADE,
    -- the scope's, repeated here so that a collection's files can be paged through
    collection_id  TEXT NOT NULL,
    seen_by        TEXT NOT NULL,
    PRIMARY KEY (scope_id, item_id)
);
CREATE INDEX placements_by_collection ON placements (collection_id, item_id);
CREATE INDEX placements_by_item ON placements (item_id);

-- Where each change feed stands.
CREATE TABLE feeds (
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    feed           TEXT NOT NULL,
    cursor         TEXT NOT NULL,
    updated_at     BIGINT NOT NULL,
    PRIMARY KEY (connection_id, feed)
);

CREATE TABLE subscriptions (
    id             TEXT PRIMARY KEY,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    feed           TEXT NOT NULL,
    resource_id    TEXT,
    secret_sealed  BYTEA NOT NULL,
    -- active | stopping
    state          TEXT NOT NULL,
    created_at     BIGINT NOT NULL,
    expires_at     BIGINT,
    last_push_at   BIGINT
);
CREATE INDEX subscriptions_by_connection ON subscriptions (connection_id, feed);
CREATE INDEX subscriptions_by_end ON subscriptions (expires_at);

CREATE TABLE sync_jobs (
    id                  TEXT PRIMARY KEY,
    user_id             TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connection_id       TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    connector_id        TEXT NOT NULL,
    collection_id       TEXT REFERENCES collections (id) ON DELETE CASCADE,
    mode                TEXT NOT NULL,
    -- JSON list of provider ids
    roots               TEXT NOT NULL,
    status              TEXT NOT NULL,
    found               BIGINT NOT NULL,
    synced              BIGINT NOT NULL,
    unchanged           BIGINT NOT NULL,
    failed              BIGINT NOT NULL,
    skipped             BIGINT NOT NULL,
    removed             BIGINT NOT NULL,
    bytes               BIGINT NOT NULL,
    roots_resolved      INTEGER NOT NULL,
    listing_complete    INTEGER NOT NULL,
    cancel_requested    INTEGER NOT NULL,
    allow_mass_removal  INTEGER NOT NULL,
    error_code          TEXT,
    error_message       TEXT,
    created_at          BIGINT NOT NULL,
    started_at          BIGINT,
    completed_at        BIGINT
);
CREATE INDEX sync_jobs_by_connection ON sync_jobs (connection_id, id);
CREATE INDEX sync_jobs_by_user ON sync_jobs (user_id, id);
CREATE INDEX sync_jobs_by_collection ON sync_jobs (collection_id);

-- What became of each file of a job.
CREATE TABLE job_files (
    job_id       TEXT NOT NULL REFERENCES sync_jobs (id) ON DELETE CASCADE,
    provider_id  TEXT NOT NULL,
    name         TEXT NOT NULL,
    -- found (no outcome yet) | synced | unchanged | skipped | failed | removed
    outcome      TEXT NOT NULL,
    reason_code  TEXT,
    reason_message TEXT,
    at           BIGINT NOT NULL,
    PRIMARY KEY (job_id, provider_id)
);
CREATE INDEX job_files_failed ON job_files (job_id, provider_id) WHERE outcome = 'failed';

-- The containers a job still has to list: the listing's checkpoint.
CREATE TABLE frontier (
    job_id        TEXT NOT NULL REFERENCES sync_jobs (id) ON DELETE CASCADE,
    scope_id      TEXT NOT NULL REFERENCES scopes (id) ON DELETE CASCADE,
    container_id  TEXT NOT NULL,
    page          TEXT,
    -- open | done | failed | incomplete
    state         TEXT NOT NULL,
    reason_code   TEXT,
    reason_message TEXT,
    seq           BIGINT NOT NULL,
    PRIMARY KEY (job_id, scope_id, container_id)
);
CREATE INDEX frontier_open ON frontier (job_id, state, seq);
CREATE INDEX frontier_by_order ON frontier (job_id, seq);
CREATE INDEX frontier_by_scope ON frontier (scope_id);

CREATE TABLE picker_sessions (
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    -- SHA-256 of the page's key, hex
    key_hash       TEXT NOT NULL,
    -- JSON: multiple, mime_types, max_files, origin
    options        TEXT NOT NULL,
    -- JSON list of picked entries once chosen
    picked         TEXT,
    -- open | picked | cancelled
    state          TEXT NOT NULL,
    expires_at     BIGINT NOT NULL
);
CREATE INDEX picker_sessions_by_user ON picker_sessions (user_id);
CREATE INDEX picker_sessions_by_connection ON picker_sessions (connection_id);
CREATE INDEX picker_sessions_by_end ON picker_sessions (expires_at);

-- The queue: work with leases.
CREATE TABLE tasks (
    id            TEXT PRIMARY KEY,
    kind          TEXT NOT NULL,
    payload       TEXT NOT NULL,
    -- at most one queued task per key; NULL for no such rule
    unique_key    TEXT,
    -- tasks with the same lane never run at the same time; NULL for no such rule
    lane          TEXT,
    -- queued | running | failed
    state         TEXT NOT NULL,
    attempts      BIGINT NOT NULL,
    run_at        BIGINT NOT NULL,
    locked_by     TEXT,
    locked_until  BIGINT,
    last_error    TEXT,
    created_at    BIGINT NOT NULL
);
CREATE UNIQUE INDEX tasks_unique ON tasks (unique_key) WHERE state = 'queued';
CREATE INDEX tasks_due ON tasks (state, run_at);
CREATE INDEX tasks_lane ON tasks (lane, state);
CREATE UNIQUE INDEX tasks_running_lane ON tasks (lane) WHERE state = 'running';

CREATE TABLE audit_log (
    id          TEXT PRIMARY KEY,
    at          BIGINT NOT NULL,
    user_id     TEXT,
    deed        TEXT NOT NULL,
    -- JSON: ids and words, never secrets
    details     TEXT NOT NULL
);
CREATE INDEX audit_log_by_time ON audit_log (at);
CREATE INDEX audit_log_by_user ON audit_log (user_id, id);
