-- The words of messages and artifacts, for searches. What inserts a message queues it; the index is filled behind it. A
-- message whose text is searched is either in the queue or in the index, never in both.

-- Tenants as numbers, which are part of the words in the index; never used twice. What is deleted last of a tenant deletes
-- its number, too: so no user stays in the database whose data is gone.
CREATE TABLE tenants (
  number INTEGER PRIMARY KEY AUTOINCREMENT,
  user_id TEXT NOT NULL UNIQUE
) STRICT;
INSERT INTO tenants (user_id) SELECT DISTINCT user_id FROM branches ORDER BY user_id;

CREATE TABLE search_queue (
  user_id TEXT NOT NULL,
  key INTEGER NOT NULL,
  PRIMARY KEY (user_id, key)
) STRICT, WITHOUT ROWID;
INSERT INTO search_queue
  SELECT b.user_id, m.key FROM branches b CROSS JOIN messages m
    ON m.key BETWEEN b.number * 16777216 AND b.number * 16777216 + 16777215;
-- What was in the index when it was deleted or replaced: the index forgets it only if it is told the same words.
CREATE TABLE search_removals (
  key INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  content TEXT NOT NULL,
  content_blocks TEXT,
  tool_calls TEXT,
  tool_result TEXT,
  parts TEXT
) STRICT;
-- Row ids are the keys of messages; a column for each place of a message. The tokenizer only splits at spaces: the words
-- are made before. Each starts with the number of its tenant, so that a search reads no words of others.
CREATE VIRTUAL TABLE message_words USING fts5 (
  text, thinking, arguments, results, content = '', tokenize = 'ascii', columnsize = 0
);
-- What waits in the queue has a session, or a branch of none, such as of an import that has not ended.
CREATE VIEW empty_tenants AS SELECT number, user_id FROM tenants t
  WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.user_id = t.user_id)
    AND NOT EXISTS (SELECT 1 FROM artifacts a WHERE a.user_id = t.user_id)
    AND NOT EXISTS (SELECT 1 FROM search_removals r WHERE r.user_id = t.user_id)
    AND NOT EXISTS (SELECT 1 FROM branches b WHERE b.session_number IS NULL AND b.user_id = t.user_id);
CREATE TABLE search_state (
  analysis INTEGER NOT NULL,            -- the version of the analysis that made the words of messages
  artifacts INTEGER NOT NULL,           -- no words of artifacts are of an earlier version
  former INTEGER NOT NULL DEFAULT 0     -- 1: message_words_former has what is left of an index that was made anew
) STRICT;
INSERT INTO search_state (analysis, artifacts) SELECT own_analysis(), own_analysis();
-- While the index of messages is made anew it has one row, and there is a table message_words_next like message_words.
-- That has the words of the same messages, as far as their keys are up to the position.
CREATE TABLE search_rebuild (
  analysis INTEGER NOT NULL,            -- the version that makes the words
  position INTEGER NOT NULL,
  done INTEGER NOT NULL,                -- messages that were put into it
  total INTEGER NOT NULL                -- messages in the index that it replaces, when it was begun
) STRICT;

DROP TRIGGER messages_inserted;
DROP TRIGGER messages_deleted;
DROP TRIGGER messages_redacted;
DROP TABLE messages_search;

CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  INSERT INTO search_removals
    SELECT OLD.key, b.user_id, OLD.content, OLD.content_blocks, OLD.tool_calls, OLD.tool_result, OLD.parts
    FROM branches b WHERE b.number = OLD.key >> 24
      AND NOT EXISTS (SELECT 1 FROM search_queue q WHERE q.user_id = b.user_id AND q.key = OLD.key);
  DELETE FROM search_queue
    WHERE user_id = (SELECT user_id FROM branches WHERE number = OLD.key >> 24) AND key = OLD.key;
END;
CREATE TRIGGER messages_replaced AFTER UPDATE OF content ON messages BEGIN
  INSERT INTO search_removals
    SELECT OLD.key, b.user_id, OLD.content, OLD.content_blocks, OLD.tool_calls, OLD.tool_result, OLD.parts
    FROM branches b WHERE b.number = OLD.key >> 24
      AND NOT EXISTS (SELECT 1 FROM search_queue q WHERE q.user_id = b.user_id AND q.key = OLD.key);
  INSERT INTO search_queue
    SELECT b.user_id, NEW.key FROM branches b WHERE b.number = NEW.key >> 24
      AND NOT EXISTS (SELECT 1 FROM search_queue q WHERE q.user_id = b.user_id AND q.key = NEW.key);
END;

-- Artifacts are few: their words are indexed as they are stored. `index_terms` and `own_analysis` are functions of
-- Heddle's connections. The words are kept, so that a program with another analysis can change and remove them, too.
CREATE VIRTUAL TABLE artifact_words USING fts5 (words, analysis UNINDEXED, tokenize = 'ascii');
INSERT INTO tenants (user_id) SELECT DISTINCT user_id FROM artifacts
  WHERE user_id NOT IN (SELECT user_id FROM tenants) ORDER BY user_id;
INSERT INTO artifact_words (rowid, words, analysis)
  SELECT a.number, index_terms(t.number, a.name, a.searched_purpose, a.searched_tags), own_analysis()
  FROM artifacts a JOIN tenants t ON t.user_id = a.user_id ORDER BY a.number;
DROP TRIGGER artifacts_inserted;
DROP TRIGGER artifacts_deleted;
DROP TRIGGER artifacts_updated;
DROP TABLE artifacts_search;
CREATE TRIGGER artifacts_inserted AFTER INSERT ON artifacts BEGIN
  INSERT INTO tenants (user_id) SELECT NEW.user_id
    WHERE NOT EXISTS (SELECT 1 FROM tenants WHERE user_id = NEW.user_id);
  INSERT INTO artifact_words (rowid, words, analysis)
    SELECT NEW.number, index_terms(t.number, NEW.name, NEW.searched_purpose, NEW.searched_tags), own_analysis()
    FROM tenants t WHERE t.user_id = NEW.user_id;
  UPDATE search_state SET artifacts = own_analysis() WHERE artifacts > own_analysis();
END;
CREATE TRIGGER artifacts_deleted AFTER DELETE ON artifacts BEGIN
  DELETE FROM artifact_words WHERE rowid = OLD.number;
  DELETE FROM tenants WHERE number = (SELECT number FROM empty_tenants WHERE user_id = OLD.user_id);
END;
CREATE TRIGGER artifacts_updated AFTER UPDATE OF name, purpose, tags ON artifacts
WHEN OLD.name <> NEW.name OR OLD.purpose <> NEW.purpose OR OLD.tags IS NOT NEW.tags BEGIN
  DELETE FROM artifact_words WHERE rowid = OLD.number;
  INSERT INTO artifact_words (rowid, words, analysis)
    SELECT NEW.number, index_terms(t.number, NEW.name, NEW.searched_purpose, NEW.searched_tags), own_analysis()
    FROM tenants t WHERE t.user_id = NEW.user_id;
  UPDATE search_state SET artifacts = own_analysis() WHERE artifacts > own_analysis();
END;

DROP TRIGGER sessions_inserted;
-- A fork is inserted with the sequence at which it starts.
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
  INSERT INTO branches (number, user_id, session_number, branch, first_sequence)
    VALUES (NEW.number, NEW.user_id, NEW.number, 1, NEW.last_sequence + 1);
  UPDATE sessions SET branch_number = NEW.number, branch_first = NEW.last_sequence + 1 WHERE number = NEW.number;
  INSERT INTO tenants (user_id) SELECT NEW.user_id
    WHERE NOT EXISTS (SELECT 1 FROM tenants WHERE user_id = NEW.user_id);
END;
CREATE TRIGGER last_session_deleted AFTER DELETE ON sessions
WHEN NOT EXISTS (SELECT 1 FROM sessions WHERE user_id = OLD.user_id) BEGIN
  DELETE FROM tenants WHERE number = (SELECT number FROM empty_tenants WHERE user_id = OLD.user_id);
END;
