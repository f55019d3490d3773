-- The tables of Heddle. Times are microseconds since 1970 UTC, JSON is text, enumerations are their names.
-- Every row belongs to a user, and every key and foreign key starts with the user: an id of another tenant behaves
-- like one that is not there.

CREATE TABLE sessions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- packed into the keys of messages; never used twice
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  parent_session_id TEXT,
  context TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  total_cost_usd REAL NOT NULL,
  total_tokens INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL DEFAULT 0 CHECK (last_sequence < 16777216),
  UNIQUE (user_id, id),
  FOREIGN KEY (user_id, parent_session_id) REFERENCES sessions (user_id, id)
) STRICT;
CREATE INDEX sessions_by_update ON sessions (user_id, updated_at, id);
-- Without updated_at, which every message changes; with the row id behind it, the order of an agent's messages.
CREATE INDEX sessions_by_agent ON sessions (user_id, agent_id);
CREATE INDEX sessions_by_parent ON sessions (user_id, parent_session_id) WHERE parent_session_id IS NOT NULL;

-- A message's key is its session's number * 2^24 + its sequence: one session is one range of the table, in order, and
-- the key is the full-text row id as well. Of a text its first 1,000,000 bytes are searched; one of 250,000 characters
-- has no more, and whether it has that many costs less than the copy that its bytes are counted in.
CREATE TABLE messages (
  key INTEGER PRIMARY KEY,
  role TEXT NOT NULL,
  content TEXT NOT NULL,
  content_blocks TEXT,
  tool_calls TEXT,
  tool_use_id TEXT NOT NULL,
  tool_result TEXT,
  session_context TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  token_count INTEGER NOT NULL,
  cost_usd REAL NOT NULL,
  searched TEXT GENERATED ALWAYS AS (
    CASE WHEN length(content) > 250000 THEN CAST(substr(CAST(content AS BLOB), 1, 1000000) AS TEXT) ELSE content END
  ) VIRTUAL
) STRICT;

CREATE VIRTUAL TABLE messages_search USING fts5 (
  searched, content = 'messages', content_rowid = 'key', tokenize = 'porter unicode61'
);
CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
  INSERT INTO messages_search (rowid, searched) VALUES (NEW.key, NEW.searched);
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  INSERT INTO messages_search (messages_search, rowid, searched) VALUES ('delete', OLD.key, OLD.searched);
END;
-- The range of a session stands in for the foreign key that a packed key cannot have.
CREATE TRIGGER sessions_deleted BEFORE DELETE ON sessions BEGIN
  DELETE FROM messages WHERE key BETWEEN OLD.number * 16777216 AND OLD.number * 16777216 + 16777215;
END;

CREATE TABLE tool_executions (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  tool_name TEXT NOT NULL,
  input TEXT NOT NULL,
  result TEXT,
  error TEXT,
  execution_time_ms INTEGER NOT NULL,
  timestamp INTEGER NOT NULL,
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX tool_executions_by_session ON tool_executions (user_id, session_id, number);

CREATE TABLE memory_snapshots (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  snapshot_type TEXT NOT NULL,
  content TEXT NOT NULL,
  token_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX memory_snapshots_by_session
  ON memory_snapshots (user_id, session_id, snapshot_type, created_at, id);

CREATE TABLE agent_errors (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  session_id TEXT,
  tool_name TEXT NOT NULL,
  raw_error TEXT NOT NULL,
  short_summary TEXT NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX agent_errors_by_time ON agent_errors (user_id, timestamp, id);
CREATE INDEX agent_errors_by_tool ON agent_errors (user_id, tool_name, timestamp, id);
CREATE INDEX agent_errors_by_session ON agent_errors (user_id, session_id, timestamp, id)
  WHERE session_id IS NOT NULL;

CREATE TABLE artifacts (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  name TEXT NOT NULL,
  path TEXT NOT NULL,
  source TEXT NOT NULL,
  source_agent_id TEXT NOT NULL,
  purpose TEXT NOT NULL,
  content_type TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  last_accessed_at INTEGER,
  access_count INTEGER NOT NULL,
  tags TEXT,
  metadata TEXT,
  deleted_at INTEGER,
  session_id TEXT,
  searched_purpose TEXT GENERATED ALWAYS AS (
    CASE WHEN length(purpose) > 250000 THEN CAST(substr(CAST(purpose AS BLOB), 1, 1000000) AS TEXT) ELSE purpose END
  ) VIRTUAL,
  searched_tags TEXT GENERATED ALWAYS AS (
    CASE WHEN length(tags) > 250000 THEN CAST(substr(CAST(tags AS BLOB), 1, 1000000) AS TEXT) ELSE tags END
  ) VIRTUAL,
  UNIQUE (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX artifacts_by_time ON artifacts (user_id, created_at, id);
CREATE INDEX artifacts_by_name ON artifacts (user_id, name, session_id, created_at, id);
CREATE INDEX artifacts_by_path ON artifacts (user_id, path);
CREATE INDEX artifacts_by_session ON artifacts (user_id, session_id, created_at, id) WHERE session_id IS NOT NULL;

CREATE VIRTUAL TABLE artifacts_search USING fts5 (
  name, searched_purpose, searched_tags, content = 'artifacts', content_rowid = 'number',
  tokenize = 'porter unicode61'
);
CREATE TRIGGER artifacts_inserted AFTER INSERT ON artifacts BEGIN
  INSERT INTO artifacts_search (rowid, name, searched_purpose, searched_tags)
  VALUES (NEW.number, NEW.name, NEW.searched_purpose, NEW.searched_tags);
END;
CREATE TRIGGER artifacts_deleted AFTER DELETE ON artifacts BEGIN
  INSERT INTO artifacts_search (artifacts_search, rowid, name, searched_purpose, searched_tags)
  VALUES ('delete', OLD.number, OLD.name, OLD.searched_purpose, OLD.searched_tags);
END;
CREATE TRIGGER artifacts_updated AFTER UPDATE OF name, purpose, tags ON artifacts
WHEN OLD.name <> NEW.name OR OLD.purpose <> NEW.purpose OR OLD.tags IS NOT NEW.tags BEGIN
  INSERT INTO artifacts_search (artifacts_search, rowid, name, searched_purpose, searched_tags)
  VALUES ('delete', OLD.number, OLD.name, OLD.searched_purpose, OLD.searched_tags);
  INSERT INTO artifacts_search (rowid, name, searched_purpose, searched_tags)
  VALUES (NEW.number, NEW.name, NEW.searched_purpose, NEW.searched_tags);
END;

CREATE TABLE sql_results (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  table_name TEXT NOT NULL,
  row_count INTEGER NOT NULL,
  column_count INTEGER NOT NULL,
  columns TEXT NOT NULL,
  preview TEXT NOT NULL,
  stored_at INTEGER NOT NULL,
  accessed_at INTEGER NOT NULL,
  expires_at INTEGER NOT NULL,
  size_bytes INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  metadata TEXT,
  PRIMARY KEY (user_id, id)
) STRICT;
CREATE INDEX sql_results_by_expiry ON sql_results (user_id, expires_at);
-- A stored table is one SQLite database image. Not in the row above: noting an access would write all of it again.
CREATE TABLE sql_result_images (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  image BLOB NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, id) REFERENCES sql_results (user_id, id) ON DELETE CASCADE
) STRICT;

CREATE TABLE human_requests (
  user_id TEXT NOT NULL,
  id TEXT NOT NULL,
  agent_id TEXT NOT NULL,
  session_id TEXT,
  question TEXT NOT NULL,
  context TEXT NOT NULL,
  request_type TEXT NOT NULL,
  priority TEXT NOT NULL,
  timeout_ms INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  expires_at INTEGER,
  status TEXT NOT NULL,
  response TEXT NOT NULL,
  response_data TEXT NOT NULL,
  responded_at INTEGER,
  responded_by TEXT NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT;
CREATE INDEX human_requests_pending ON human_requests (user_id, created_at, id) WHERE status = 'pending';
CREATE INDEX human_requests_by_expiry ON human_requests (user_id, expires_at)
  WHERE status = 'pending' AND expires_at IS NOT NULL;
CREATE INDEX human_requests_by_session ON human_requests (user_id, session_id, created_at, id)
  WHERE session_id IS NOT NULL;

CREATE TABLE idempotency_keys (
  user_id TEXT NOT NULL,
  key TEXT NOT NULL,
  session_id TEXT,
  operation TEXT NOT NULL,
  fingerprint TEXT NOT NULL,
  answer_number INTEGER NOT NULL,
  answer_text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, key),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX idempotency_keys_by_session ON idempotency_keys (user_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (user_id, created_at);
