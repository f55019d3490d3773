-- Set: the session is hidden, with all that hangs on it, until it is restored or purged.
ALTER TABLE sessions ADD COLUMN deleted_at INTEGER;

DROP INDEX sessions_by_update;
-- With deleted_at, which is null, so that a list of ids reads nothing but the index.
CREATE INDEX sessions_by_update ON sessions (user_id, updated_at, id, deleted_at) WHERE deleted_at IS NULL;
-- What hangs on a session is hidden by a look into this index, which is next to empty.
CREATE INDEX sessions_deleted ON sessions (user_id, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_by_deletion ON sessions (deleted_at) WHERE deleted_at IS NOT NULL;

-- The children of a hidden session keep it as their parent until it is purged.
CREATE TRIGGER sessions_purged BEFORE DELETE ON sessions WHEN OLD.deleted_at IS NOT NULL BEGIN
  UPDATE sessions SET parent_session_id = NULL WHERE user_id = OLD.user_id AND parent_session_id = OLD.id;
END;
