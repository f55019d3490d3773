-- What a provider says of a message, and its parts in order. Null where it is not used. Of a message with parts the
-- column has the rest: its texts are the content, joined by newlines, its calls and its first result have columns.
ALTER TABLE messages ADD COLUMN parts text;
ALTER TABLE messages ADD COLUMN provider_id text;
ALTER TABLE messages ADD COLUMN model text;
ALTER TABLE messages ADD COLUMN stop_reason text;
ALTER TABLE messages ADD COLUMN input_tokens bigint;
ALTER TABLE messages ADD COLUMN output_tokens bigint;
ALTER TABLE messages ADD COLUMN cached_read_tokens bigint;
ALTER TABLE messages ADD COLUMN cached_write_tokens bigint;
ALTER TABLE messages ADD COLUMN reasoning_tokens bigint;
ALTER TABLE messages ADD COLUMN metadata text;

ALTER TABLE tool_executions ADD COLUMN call_id text;
ALTER TABLE tool_executions ADD COLUMN started_at bigint;
ALTER TABLE tool_executions ADD COLUMN ended_at bigint;

-- The sums of the messages that name a model or usage. A day is the time of its begin.
CREATE TABLE usage_by_day (
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  model text COLLATE "C" NOT NULL,
  day bigint NOT NULL,
  messages bigint NOT NULL,
  input_tokens bigint NOT NULL,
  output_tokens bigint NOT NULL,
  cached_read_tokens bigint NOT NULL,
  cached_write_tokens bigint NOT NULL,
  reasoning_tokens bigint NOT NULL,
  cost_usd double precision NOT NULL,
  PRIMARY KEY (user_id, session_id, model, day),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
-- Messages update the row of their day: room on the page keeps the new version beside the old one.
) WITH (fillfactor = 70);
CREATE INDEX usage_by_day_of_user ON usage_by_day (user_id, day);
ALTER TABLE usage_by_day ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON usage_by_day FOR ALL TO PUBLIC
  USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
  WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''));
CREATE POLICY owner ON usage_by_day FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);
