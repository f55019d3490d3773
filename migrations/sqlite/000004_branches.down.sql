-- Only while no session has been forked or rewound: fails otherwise, with the name of this constraint.
CREATE TABLE heddle_branches_down (
  forks INTEGER CONSTRAINT delete_forked_and_rewound_sessions_first CHECK (forks = 0)
);
INSERT INTO heddle_branches_down SELECT count(*) FROM segments WHERE source_number <> branch_number;
INSERT INTO heddle_branches_down SELECT count(*) FROM branches WHERE branch <> 1 OR session_number IS NULL;
DROP TABLE heddle_branches_down;

DROP TRIGGER messages_redacted;
ALTER TABLE messages DROP COLUMN redacted;
DROP TRIGGER sessions_deleted;
DROP TRIGGER sessions_inserted;
DROP TABLE segments;
DROP TABLE branches;
ALTER TABLE sessions DROP COLUMN branch_first;
ALTER TABLE sessions DROP COLUMN branch;
ALTER TABLE sessions DROP COLUMN branch_number;
CREATE TRIGGER sessions_deleted BEFORE DELETE ON sessions BEGIN
  DELETE FROM messages WHERE key BETWEEN OLD.number * 16777216 AND OLD.number * 16777216 + 16777215;
END;
