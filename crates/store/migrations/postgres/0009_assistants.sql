-- Assistants: programs that registered themselves (RFC 7591), and what people allowed them (RFC 6749).

CREATE TABLE assistant_clients (
    id             TEXT PRIMARY KEY,
    -- what the program calls itself; nobody has checked it
    name           TEXT NOT NULL,
    -- JSON list
    redirect_uris  TEXT NOT NULL,
    -- none, client_secret_post or client_secret_basic
    auth_method    TEXT NOT NULL,
    -- SHA-256 of its secret, hex; NULL for a program that cannot keep one
    secret_hash    TEXT,
    created_at     BIGINT NOT NULL,
    -- whether anybody has ever allowed it anything
    allowed        BIGINT NOT NULL,
    -- forgotten then, unless it is used before
    expires_at     BIGINT NOT NULL
);
CREATE INDEX assistant_clients_by_end ON assistant_clients (expires_at);
CREATE INDEX assistant_clients_by_time ON assistant_clients (allowed, created_at);

-- what one person allowed one program
CREATE TABLE assistants (
    id              TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id       TEXT NOT NULL REFERENCES assistant_clients (id) ON DELETE CASCADE,
    -- where its codes go, as the person was shown it
    redirect_uri    TEXT NOT NULL,
    -- JSON list of words
    scopes          TEXT NOT NULL,
    -- what its tokens are good for (RFC 8707)
    resource        TEXT NOT NULL,
    -- SHA-256 of the user token that the person was signed in with, hex: when that is deleted, so is this
    signed_in_hash  TEXT NOT NULL,
    created_at      BIGINT NOT NULL,
    used_at         BIGINT NOT NULL,
    -- when the last of its tokens ends
    expires_at      BIGINT NOT NULL
);
CREATE INDEX assistants_by_user ON assistants (user_id, id);
CREATE INDEX assistants_by_client ON assistants (client_id);
CREATE INDEX assistants_by_sign_in ON assistants (signed_in_hash);
CREATE INDEX assistants_by_end ON assistants (expires_at);

CREATE TABLE assistant_codes (
    -- SHA-256 of the authorization code, hex
    hash            TEXT PRIMARY KEY,
    user_id         TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    client_id       TEXT NOT NULL REFERENCES assistant_clients (id) ON DELETE CASCADE,
    redirect_uri    TEXT NOT NULL,
    scopes          TEXT NOT NULL,
    resource        TEXT NOT NULL,
    signed_in_hash  TEXT NOT NULL,
    -- the PKCE challenge (S256)
    challenge       TEXT NOT NULL,
    expires_at      BIGINT NOT NULL,
    -- 0 not yet shown, 1 shown once, 2 shown again
    shown           BIGINT NOT NULL,
    -- what was made of it
    assistant_id    TEXT
);
CREATE INDEX assistant_codes_by_end ON assistant_codes (expires_at);
CREATE INDEX assistant_codes_by_user ON assistant_codes (user_id);
CREATE INDEX assistant_codes_by_client ON assistant_codes (client_id);
CREATE INDEX assistant_codes_by_sign_in ON assistant_codes (signed_in_hash);

CREATE TABLE assistant_tokens (
    -- SHA-256 of the token, hex
    hash          TEXT PRIMARY KEY,
    assistant_id  TEXT NOT NULL REFERENCES assistants (id) ON DELETE CASCADE,
    -- access or refresh
    kind          TEXT NOT NULL,
    scopes        TEXT NOT NULL,
    expires_at    BIGINT NOT NULL,
    -- 1 for a refresh token that was exchanged: whoever shows it again has stolen it, or was stolen from
    replaced      BIGINT NOT NULL
);
CREATE INDEX assistant_tokens_by_assistant ON assistant_tokens (assistant_id);
CREATE INDEX assistant_tokens_by_end ON assistant_tokens (expires_at);
