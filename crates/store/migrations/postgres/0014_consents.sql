-- When a person last consented to a connection: later than it was made, once it was connected again. NULL for one that has not
-- been since there is this column.
ALTER TABLE connections ADD COLUMN consented_at BIGINT;
