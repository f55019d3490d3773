-- What a provider says of a message, and its parts in order. Null where it is not used. Of a message with parts the
-- column has the rest: its texts are the content, joined by newlines, its calls and its first result have columns.
ALTER TABLE messages ADD COLUMN parts TEXT;
ALTER TABLE messages ADD COLUMN provider_id TEXT;
ALTER TABLE messages ADD COLUMN model TEXT;
ALTER TABLE messages ADD COLUMN stop_reason TEXT;
ALTER TABLE messages ADD COLUMN input_tokens INTEGER;
ALTER TABLE messages ADD COLUMN output_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cached_read_tokens INTEGER;
ALTER TABLE messages ADD COLUMN cached_write_tokens INTEGER;
ALTER TABLE messages ADD COLUMN reasoning_tokens INTEGER;
ALTER TABLE messages ADD COLUMN metadata TEXT;

ALTER TABLE tool_executions ADD COLUMN call_id TEXT;
ALTER TABLE tool_executions ADD COLUMN started_at INTEGER;
ALTER TABLE tool_executions ADD COLUMN ended_at INTEGER;

-- The sums of the messages that name a model or usage. A day is the time of its begin.
CREATE TABLE usage_by_day (
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  model TEXT NOT NULL,
  day INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  input_tokens INTEGER NOT NULL,
  output_tokens INTEGER NOT NULL,
  cached_read_tokens INTEGER NOT NULL,
  cached_write_tokens INTEGER NOT NULL,
  reasoning_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  PRIMARY KEY (user_id, session_id, model, day),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX usage_by_day_of_user ON usage_by_day (user_id, day);
