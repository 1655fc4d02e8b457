-- Items whose index entries are about to be written: they are put right when no page comes to hold them.
CREATE TABLE announced_entries (
    id           TEXT PRIMARY KEY,
    -- a list in JSON
    items        TEXT NOT NULL,
    -- 1 once somebody is putting the index right: no page may be committed for it any more
    given_up     INTEGER NOT NULL DEFAULT 0,
    announced_at BIGINT NOT NULL
);
CREATE INDEX announced_entries_by_age ON announced_entries (announced_at);
