DROP TRIGGER last_session_deleted;
DROP TRIGGER sessions_inserted;
DROP TRIGGER messages_replaced;
DROP TRIGGER messages_deleted;
DROP TRIGGER artifacts_updated;
DROP TRIGGER artifacts_deleted;
DROP TRIGGER artifacts_inserted;
DROP VIEW empty_tenants;
DROP TABLE artifact_words;
DROP TABLE search_state;
DROP TABLE search_rebuild;
DROP TABLE IF EXISTS message_words_next;
DROP TABLE IF EXISTS message_words_former;
DROP TABLE message_words;
DROP TABLE search_removals;
DROP TABLE search_queue;
DROP TABLE tenants;

CREATE VIRTUAL TABLE messages_search USING fts5 (
  searched, content = 'messages', content_rowid = 'key', tokenize = 'porter unicode61'
);
INSERT INTO messages_search (messages_search) VALUES ('rebuild');
CREATE TRIGGER messages_inserted AFTER INSERT ON messages BEGIN
  INSERT INTO messages_search (rowid, searched) VALUES (NEW.key, NEW.searched);
END;
CREATE TRIGGER messages_deleted AFTER DELETE ON messages BEGIN
  INSERT INTO messages_search (messages_search, rowid, searched) VALUES ('delete', OLD.key, OLD.searched);
END;
CREATE TRIGGER messages_redacted AFTER UPDATE OF content ON messages BEGIN
  INSERT INTO messages_search (messages_search, rowid, searched) VALUES ('delete', OLD.key, OLD.searched);
  INSERT INTO messages_search (rowid, searched) VALUES (NEW.key, NEW.searched);
END;
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
  INSERT INTO branches (number, user_id, session_number, branch, first_sequence)
    VALUES (NEW.number, NEW.user_id, NEW.number, 1, NEW.last_sequence + 1);
  UPDATE sessions SET branch_number = NEW.number, branch_first = NEW.last_sequence + 1 WHERE number = NEW.number;
END;
CREATE VIRTUAL TABLE artifacts_search USING fts5 (
  name, searched_purpose, searched_tags, content = 'artifacts', content_rowid = 'number',
  tokenize = 'porter unicode61'
);
INSERT INTO artifacts_search (artifacts_search) VALUES ('rebuild');
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
