-- What was written of a message stays as its content.
UPDATE messages SET content = coalesce(
    (SELECT group_concat(text, '') FROM (SELECT text FROM message_chunks c WHERE c.key = messages.key ORDER BY start)), '')
  WHERE stream IS NOT NULL;
DROP TABLE message_chunks;
DROP TABLE message_streams;
ALTER TABLE messages DROP COLUMN stream;
