-- When failed items are looked up again by themselves.

-- Since when an item has failed each time it was tried; empty once it is not failed any more.
ALTER TABLE items ADD COLUMN failed_since BIGINT;
-- When it is due to be tried again.
ALTER TABLE items ADD COLUMN retry_at BIGINT;
UPDATE items SET failed_since = observed_at, retry_at = observed_at WHERE state = 'failed';
CREATE INDEX items_to_retry ON items (connection_id, retry_at) WHERE state = 'failed';
