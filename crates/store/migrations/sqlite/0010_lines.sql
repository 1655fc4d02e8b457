-- Where a task waits: whose it is, a space, and its lane, or its id where it has none. Tasks of one line come one after
-- the other, and the lines of one user lie beside each other, so that a claim steps from line to line however long they
-- are. Of what was queued before, only sync jobs count for their users.
ALTER TABLE tasks ADD COLUMN line TEXT NOT NULL DEFAULT '';
UPDATE tasks SET line = COALESCE((SELECT user_id FROM sync_jobs j WHERE 'sync_job:' || j.id = tasks.lane), '') || ' ' || COALESCE(lane, id);
CREATE INDEX tasks_lines ON tasks (line, run_at, id) WHERE state = 'queued';
