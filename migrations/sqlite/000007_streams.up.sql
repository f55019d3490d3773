-- A message that is being written: its text grows by chunks, and becomes its content when it is finished.
CREATE TABLE message_streams (
  key INTEGER PRIMARY KEY REFERENCES messages (key) ON DELETE CASCADE,
  writer INTEGER NOT NULL,      -- counts those that took it over, from 1
  silence INTEGER NOT NULL,     -- the microseconds without an append after which it is interrupted
  touched_at INTEGER NOT NULL,  -- the last append
  size INTEGER NOT NULL         -- the bytes of its chunks
) STRICT;
CREATE TABLE message_chunks (
  key INTEGER NOT NULL REFERENCES message_streams (key) ON DELETE CASCADE,
  start INTEGER NOT NULL,       -- the number of bytes before it
  text TEXT NOT NULL,
  PRIMARY KEY (key, start)
) STRICT, WITHOUT ROWID;

-- 1: the message is being written; null: it is whole.
ALTER TABLE messages ADD COLUMN stream INTEGER;
