-- Files whose text is missing, all or in part, for want of a reader, so that they are read again once there is one.
CREATE TABLE unread (
    item_id TEXT PRIMARY KEY REFERENCES items (id) ON DELETE CASCADE,
    -- why, by the codes of the reasons, joined by commas
    codes   TEXT NOT NULL,
    -- what could read when it was read
    readers TEXT NOT NULL
);
INSERT INTO unread (item_id, codes, readers)
    SELECT id, reason_code, '' FROM items WHERE state = 'name_only'
    AND reason_code IN ('unsupported_type', 'recognition_off', 'recognition_not_installed');
