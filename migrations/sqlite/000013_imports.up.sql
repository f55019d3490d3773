-- Imports of tenants that have not ended. What an import writes is hidden until its end: sessions and artifacts bear a
-- time of deletion beyond all times; records that belong to no session belong to a hidden session of the import.
CREATE TABLE imports (
  user_id TEXT NOT NULL PRIMARY KEY,
  digest TEXT NOT NULL,          -- the SHA-256 of the stream
  line INTEGER NOT NULL,         -- the last line of the stream that is stored
  writing INTEGER NOT NULL,      -- 1: in the transactions of the import; 0 for all others
  aborting INTEGER NOT NULL,     -- 1: what it has written is being removed
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- What a place in the stream has become: the number of a session, a branch, a summary or a content; the parent that a
-- session gets at the end; the ids of results and keys that were new.
CREATE TABLE import_numbers (
  user_id TEXT NOT NULL,
  kind TEXT NOT NULL,
  place INTEGER NOT NULL,
  number INTEGER NOT NULL,
  name TEXT,
  PRIMARY KEY (user_id, kind, place)
) STRICT, WITHOUT ROWID;

-- Nothing new gets into a tenant but by its import. After the insertion: a row that is there already is no new one.
CREATE TRIGGER sessions_await_import AFTER INSERT ON sessions
WHEN EXISTS (SELECT 1 FROM imports WHERE user_id = NEW.user_id AND writing = 0) BEGIN
  SELECT RAISE(ABORT, 'an import of this tenant has not ended');
END;
CREATE TRIGGER agent_errors_await_import AFTER INSERT ON agent_errors
WHEN EXISTS (SELECT 1 FROM imports WHERE user_id = NEW.user_id AND writing = 0) BEGIN
  SELECT RAISE(ABORT, 'an import of this tenant has not ended');
END;
CREATE TRIGGER artifacts_await_import AFTER INSERT ON artifacts
WHEN EXISTS (SELECT 1 FROM imports WHERE user_id = NEW.user_id AND writing = 0) BEGIN
  SELECT RAISE(ABORT, 'an import of this tenant has not ended');
END;
CREATE TRIGGER sql_results_await_import AFTER INSERT ON sql_results
WHEN EXISTS (SELECT 1 FROM imports WHERE user_id = NEW.user_id AND writing = 0) BEGIN
  SELECT RAISE(ABORT, 'an import of this tenant has not ended');
END;
CREATE TRIGGER human_requests_await_import AFTER INSERT ON human_requests
WHEN EXISTS (SELECT 1 FROM imports WHERE user_id = NEW.user_id AND writing = 0) BEGIN
  SELECT RAISE(ABORT, 'an import of this tenant has not ended');
END;
