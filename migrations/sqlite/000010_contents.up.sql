-- The contents of artifacts. One content lies once for each tenant, under its SHA-256: in chunks, or in the file that
-- bears its number. Each put of content has a number of its own; a content keeps the number of the put that stored it.
-- What has a number and is no content is an upload: under way, or, with touched_at = 0, to be removed. Nothing is ever
-- removed whose number is not such an upload.
ALTER TABLE artifacts ADD COLUMN version INTEGER NOT NULL DEFAULT 0;  -- the last one; 0: the artifact has no content
CREATE INDEX artifacts_by_deletion ON artifacts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE contents (
  user_id TEXT NOT NULL,
  checksum TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  number INTEGER NOT NULL,
  in_database INTEGER NOT NULL,
  PRIMARY KEY (user_id, checksum),
  UNIQUE (user_id, number)
) STRICT;
CREATE TABLE content_chunks (
  user_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  position INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  PRIMARY KEY (user_id, number, position)
) STRICT;
CREATE TABLE content_uploads (
  user_id TEXT NOT NULL,
  number INTEGER NOT NULL,
  touched_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, number)
) STRICT, WITHOUT ROWID;
CREATE INDEX content_uploads_by_time ON content_uploads (user_id, touched_at);
CREATE TABLE content_usage (
  user_id TEXT NOT NULL PRIMARY KEY,
  stored_bytes INTEGER NOT NULL,
  quota_bytes INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE artifact_versions (
  user_id TEXT NOT NULL,
  artifact_id TEXT NOT NULL,
  version INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  size_bytes INTEGER NOT NULL,
  content_type TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (user_id, artifact_id, version),
  FOREIGN KEY (user_id, artifact_id) REFERENCES artifacts (user_id, id) ON DELETE CASCADE,
  FOREIGN KEY (user_id, checksum) REFERENCES contents (user_id, checksum) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
CREATE INDEX artifact_versions_by_content ON artifact_versions (user_id, checksum);

CREATE TRIGGER artifact_versions_deleted AFTER DELETE ON artifact_versions BEGIN
  DELETE FROM contents WHERE user_id = OLD.user_id AND checksum = OLD.checksum AND NOT EXISTS (
    SELECT 1 FROM artifact_versions WHERE user_id = OLD.user_id AND checksum = OLD.checksum);
END;
CREATE TRIGGER contents_inserted AFTER INSERT ON contents BEGIN
  INSERT INTO content_usage (user_id, stored_bytes) VALUES (NEW.user_id, NEW.size_bytes)
    ON CONFLICT (user_id) DO UPDATE SET stored_bytes = stored_bytes + excluded.stored_bytes;
END;
CREATE TRIGGER contents_deleted AFTER DELETE ON contents BEGIN
  UPDATE content_usage SET stored_bytes = stored_bytes - OLD.size_bytes WHERE user_id = OLD.user_id;
  INSERT INTO content_uploads (user_id, number, touched_at) VALUES (OLD.user_id, OLD.number, 0);
END;
