-- A message that is being written: its text grows by chunks, and becomes its content when it is finished.
CREATE TABLE message_streams (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  branch_number bigint NOT NULL,
  sequence bigint NOT NULL,
  writer bigint NOT NULL,      -- counts those that took it over, from 1
  silence bigint NOT NULL,     -- the microseconds without an append after which it is interrupted
  touched_at bigint NOT NULL,  -- the last append
  size bigint NOT NULL,        -- the bytes of its chunks
  PRIMARY KEY (user_id, branch_number, sequence),
  FOREIGN KEY (user_id, branch_number, sequence) REFERENCES messages (user_id, branch_number, sequence)
    ON DELETE CASCADE
-- Each append updates the row: room on the page keeps the new version beside the old one.
) WITH (fillfactor = 50);
CREATE TABLE message_chunks (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  branch_number bigint NOT NULL,
  sequence bigint NOT NULL,
  start bigint NOT NULL,       -- the number of bytes before it
  text text NOT NULL,
  PRIMARY KEY (user_id, branch_number, sequence, start),
  FOREIGN KEY (user_id, branch_number, sequence) REFERENCES message_streams (user_id, branch_number, sequence)
    ON DELETE CASCADE
);
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['message_streams', 'message_chunks'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

-- 1: the message is being written; null: it is whole.
ALTER TABLE messages ADD COLUMN stream bigint;
