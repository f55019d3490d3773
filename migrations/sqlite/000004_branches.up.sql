-- A session reads and appends to its present branch. A branch is a list of segments, each a range of the messages that
-- one branch wrote, which is the source of the segment; the last one is its own. So a fork and a rewind share messages
-- and copy none. All segments of one source start at the first message that it wrote.

-- The key of a message is the number of the branch that wrote it * 2^24 + its sequence. The first branch of a session
-- has the number of the session, so that the keys of earlier messages stay; further ones have numbers below zero.
CREATE TABLE branches (
  number INTEGER PRIMARY KEY,
  user_id TEXT NOT NULL,
  session_number INTEGER REFERENCES sessions (number),  -- null: the session is deleted, but others share messages
  branch INTEGER NOT NULL,                              -- 1, 2, 3 ... in its session
  first_sequence INTEGER NOT NULL,                      -- of the messages that it wrote
  last_sequence INTEGER,                                -- null: the branch is the present one
  hidden_at INTEGER,                                    -- null: the branch is the present one
  UNIQUE (session_number, branch)
) STRICT;
CREATE TABLE segments (
  branch_number INTEGER NOT NULL REFERENCES branches (number),
  first_sequence INTEGER NOT NULL,
  last_sequence INTEGER NOT NULL,
  source_number INTEGER NOT NULL REFERENCES branches (number),
  PRIMARY KEY (branch_number, first_sequence)
) STRICT, WITHOUT ROWID;
CREATE INDEX segments_by_source ON segments (source_number, last_sequence);

-- The number in `branches` of the present branch, its number in the session, and the first message that it wrote.
ALTER TABLE sessions ADD COLUMN branch_number INTEGER NOT NULL DEFAULT 0;
ALTER TABLE sessions ADD COLUMN branch INTEGER NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN branch_first INTEGER NOT NULL DEFAULT 1;

CREATE TRIGGER branches_inserted AFTER INSERT ON branches BEGIN
  INSERT INTO segments VALUES (NEW.number, NEW.first_sequence, 16777215, NEW.number);
END;
INSERT INTO branches (number, user_id, session_number, branch, first_sequence)
  SELECT number, user_id, number, 1, 1 FROM sessions;
UPDATE sessions SET branch_number = number;
-- A fork is inserted with the sequence at which it starts.
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions BEGIN
  INSERT INTO branches (number, user_id, session_number, branch, first_sequence)
    VALUES (NEW.number, NEW.user_id, NEW.number, 1, NEW.last_sequence + 1);
  UPDATE sessions SET branch_number = NEW.number, branch_first = NEW.last_sequence + 1 WHERE number = NEW.number;
END;

-- Why the content of a message was removed; null: it was not. The full-text index follows.
ALTER TABLE messages ADD COLUMN redacted TEXT;
CREATE TRIGGER messages_redacted AFTER UPDATE OF content ON messages BEGIN
  INSERT INTO messages_search (messages_search, rowid, searched) VALUES ('delete', OLD.key, OLD.searched);
  INSERT INTO messages_search (rowid, searched) VALUES (NEW.key, NEW.searched);
END;

-- Deletes the messages that no other segment has, and then the branch if its session is gone.
CREATE TRIGGER segments_deleted AFTER DELETE ON segments BEGIN
  DELETE FROM messages
    WHERE key BETWEEN OLD.source_number * 16777216 + 1 +
                      coalesce((SELECT max(last_sequence) FROM segments WHERE source_number = OLD.source_number), 0)
                  AND OLD.source_number * 16777216 + 16777215;
  DELETE FROM branches WHERE number = OLD.source_number AND session_number IS NULL
    AND NOT EXISTS (SELECT 1 FROM segments WHERE source_number = OLD.source_number);
END;
DROP TRIGGER sessions_deleted;
CREATE TRIGGER sessions_deleted BEFORE DELETE ON sessions BEGIN
  DELETE FROM segments WHERE branch_number IN (SELECT number FROM branches WHERE session_number = OLD.number);
  DELETE FROM branches WHERE session_number = OLD.number
    AND NOT EXISTS (SELECT 1 FROM segments WHERE source_number = branches.number);
  UPDATE branches SET session_number = NULL WHERE session_number = OLD.number;
END;
