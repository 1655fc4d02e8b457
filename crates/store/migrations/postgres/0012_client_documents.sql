-- Programs that are known by an address: what the document there says is kept until then, and read anew after it. NULL for a
-- program that registered itself.
ALTER TABLE assistant_clients ADD COLUMN fresh_until BIGINT;
