-- Only while no session is hidden: fails otherwise, with the name of this constraint.
CREATE TABLE heddle_soft_delete_down (
  hidden INTEGER CONSTRAINT restore_or_purge_hidden_sessions_first CHECK (hidden = 0)
);
INSERT INTO heddle_soft_delete_down SELECT count(*) FROM sessions WHERE deleted_at IS NOT NULL;
DROP TABLE heddle_soft_delete_down;

DROP TRIGGER sessions_purged;
DROP INDEX sessions_by_deletion;
DROP INDEX sessions_deleted;
DROP INDEX sessions_by_update;
CREATE INDEX sessions_by_update ON sessions (user_id, updated_at, id);
ALTER TABLE sessions DROP COLUMN deleted_at;
