-- Since when a user is disabled: nobody acts as them and nothing is brought in for them. NULL for users who work.
ALTER TABLE users ADD COLUMN disabled_at BIGINT;
