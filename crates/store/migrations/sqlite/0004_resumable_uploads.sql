-- Uploads that are sent in pieces and go on after a break.

CREATE TABLE uploads (
    -- 256 random bits: nobody finds one by trying
    id             TEXT PRIMARY KEY,
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    connection_id  TEXT NOT NULL REFERENCES connections (id) ON DELETE CASCADE,
    collection_id  TEXT NOT NULL REFERENCES collections (id) ON DELETE CASCADE,
    -- bytes in all; NULL while the sender does not say
    length         BIGINT,
    -- bytes that are here, durably: the sum of the parts until it is done
    received       BIGINT NOT NULL,
    -- JSON: what the sender says of the file
    about          TEXT NOT NULL,
    -- receiving | received (whole, not yet a file) | done | failed | ended (taken back, or too old)
    state          TEXT NOT NULL,
    -- JSON: what became of it, once done or failed
    outcome        TEXT,
    created_at     BIGINT NOT NULL,
    -- an unfinished one is ended then, and one that is over forgotten
    expires_at     BIGINT NOT NULL
);
CREATE INDEX uploads_by_user ON uploads (user_id, state);
CREATE INDEX uploads_by_connection ON uploads (connection_id);
CREATE INDEX uploads_by_collection ON uploads (collection_id);
CREATE INDEX uploads_by_end ON uploads (state, expires_at);

-- The bytes of an upload that is not a file yet, in the order of `start`, without gaps.
CREATE TABLE upload_parts (
    upload_id  TEXT NOT NULL REFERENCES uploads (id) ON DELETE CASCADE,
    start      BIGINT NOT NULL,
    size       BIGINT NOT NULL,
    blob_key   TEXT NOT NULL,
    PRIMARY KEY (upload_id, start)
);
CREATE INDEX upload_parts_by_blob ON upload_parts (blob_key);
