-- Providers whose feeds name things by address, push to whole workspaces, or do not tell of every deletion.

-- The provider's address of an item (a path), where its feed names what is gone by address.
ALTER TABLE items ADD COLUMN locator TEXT;
CREATE INDEX items_by_locator ON items (connection_id, locator) WHERE locator IS NOT NULL;

-- The provider's key for the workspace that an account works in.
ALTER TABLE connections ADD COLUMN account_workspace TEXT;
-- When a push for the whole OAuth app last concerned this connection.
ALTER TABLE connections ADD COLUMN last_push_at BIGINT;
CREATE INDEX connections_by_workspace ON connections (connector_id, account_workspace);

-- When a scope was last listed whole, and how many milliseconds that took.
ALTER TABLE scopes ADD COLUMN listed_at BIGINT;
ALTER TABLE scopes ADD COLUMN listing_ms BIGINT;

-- 1 for jobs that the engine started by itself, to see what a feed does not tell.
ALTER TABLE sync_jobs ADD COLUMN by_engine INTEGER NOT NULL DEFAULT 0;

-- What pushes for a whole OAuth app are signed with, where the provider offered it in a handshake.
CREATE TABLE app_secrets (
    connector_id    TEXT PRIMARY KEY,
    -- offered | confirmed
    state           TEXT NOT NULL,
    secret_sealed   BYTEA NOT NULL,
    -- the vault's: a data key of its own, wrapped as users' are
    key_salt        BYTEA NOT NULL,
    key_iterations  BIGINT NOT NULL,
    key_wrapped     BYTEA NOT NULL,
    key_version     BIGINT NOT NULL,
    offered_at      BIGINT NOT NULL
);
