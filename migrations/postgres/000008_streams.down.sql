-- What was written of a message stays as its content; a search does not find it.
UPDATE messages m SET content = coalesce(
    (SELECT string_agg(c.text, '' ORDER BY c.start) FROM message_chunks c
      WHERE c.user_id = m.user_id AND c.branch_number = m.branch_number AND c.sequence = m.sequence), '')
  WHERE stream IS NOT NULL;
DROP TABLE message_chunks;
DROP TABLE message_streams;
ALTER TABLE messages DROP COLUMN stream;
