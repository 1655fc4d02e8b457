-- Browsers that are signed in: each holds a secret of its own, never the token or key that it was got with.

CREATE TABLE sessions (
    -- SHA-256 of the session's secret, hex
    hash            TEXT PRIMARY KEY,
    -- SHA-256 of the user token or admin key that signed in, hex: when that ends, so does the session
    signed_in_hash  TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    expires_at      BIGINT NOT NULL
);
CREATE INDEX sessions_by_end ON sessions (expires_at);
