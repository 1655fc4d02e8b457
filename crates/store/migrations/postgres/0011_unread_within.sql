-- Files within files nobody could read are remembered from now on, by the code with their type. Of what was read before, the
-- sentences tell; which types they are of, only reading again does.
INSERT INTO unread (item_id, codes, readers)
    SELECT id, 'unsupported_type', '' FROM items WHERE reason_code = 'text_incomplete'
    AND reason_message LIKE '%: no text can be read%' AND state <> 'gone'
    AND NOT EXISTS (SELECT 1 FROM unread u WHERE u.item_id = items.id);
