-- Items whose vectors are to be made, or made anew; empty while search by meaning is off.
CREATE TABLE to_embed (
    item_id   TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    -- another one each time: what was read before is told apart from what is asked for now
    mark      BIGINT NOT NULL,
    asked_at  BIGINT NOT NULL,
    -- why it has no vectors, where trying again would end the same way
    refused   TEXT
);
CREATE INDEX to_embed_waiting ON to_embed (asked_at, item_id) WHERE refused IS NULL;
