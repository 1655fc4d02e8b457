-- What a document was made of, so that the same bytes are read once. It lies with the document and goes with it.

-- SHA-256 over the content and all that reading it depends on, hex; NULL for what is not worth looking up
ALTER TABLE documents ADD COLUMN reading TEXT;
-- whose document it is, repeated here so that it is found without a join
ALTER TABLE documents ADD COLUMN read_for TEXT;
-- how long readers, and text recognition, were busy with it: microseconds
ALTER TABLE documents ADD COLUMN read_us BIGINT;
ALTER TABLE documents ADD COLUMN recognized_us BIGINT;
CREATE INDEX documents_by_reading ON documents (reading, read_for) WHERE reading IS NOT NULL;
