-- How long a job has been at work, over all its attempts: one that gives way to others comes back many times.
ALTER TABLE sync_jobs ADD COLUMN worked_ms BIGINT NOT NULL DEFAULT 0;
