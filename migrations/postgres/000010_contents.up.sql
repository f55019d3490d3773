-- The contents of artifacts. One content lies once for each tenant, under its SHA-256: in chunks, or in the file that
-- bears its number. Each put of content has a number of its own; a content keeps the number of the put that stored it.
-- What has a number and is no content is an upload: under way, or, with touched_at = 0, to be removed. Nothing is ever
-- removed whose number is not such an upload.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

ALTER TABLE artifacts ADD COLUMN version bigint NOT NULL DEFAULT 0;  -- the last one; 0: the artifact has no content
CREATE INDEX artifacts_by_deletion ON artifacts (deleted_at) WHERE deleted_at IS NOT NULL;

CREATE TABLE contents (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  checksum text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  number bigint NOT NULL,
  in_database boolean NOT NULL,
  PRIMARY KEY (user_id, checksum),
  UNIQUE (user_id, number)
);
CREATE TABLE content_chunks (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  number bigint NOT NULL,
  position bigint NOT NULL,
  bytes bytea NOT NULL,
  PRIMARY KEY (user_id, number, position)
);
-- Most files are compressed already.
ALTER TABLE content_chunks ALTER COLUMN bytes SET STORAGE EXTERNAL;
CREATE TABLE content_uploads (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  number bigint NOT NULL,
  touched_at bigint NOT NULL,
  PRIMARY KEY (user_id, number)
);
CREATE INDEX content_uploads_by_time ON content_uploads (user_id, touched_at);
CREATE TABLE content_usage (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> '') PRIMARY KEY,
  stored_bytes bigint NOT NULL,
  quota_bytes bigint
);
CREATE TABLE artifact_versions (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  artifact_id text COLLATE "C" NOT NULL,
  version bigint NOT NULL,
  checksum text COLLATE "C" NOT NULL,
  size_bytes bigint NOT NULL,
  content_type text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (user_id, artifact_id, version),
  FOREIGN KEY (user_id, artifact_id) REFERENCES artifacts (user_id, id) ON DELETE CASCADE,
  FOREIGN KEY (user_id, checksum) REFERENCES contents (user_id, checksum) ON DELETE CASCADE
);
CREATE INDEX artifact_versions_by_content ON artifact_versions (user_id, checksum);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['contents', 'content_chunks', 'content_uploads', 'content_usage', 'artifact_versions']
  LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

CREATE FUNCTION heddle_end_version() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Locked first: of two artifacts that end at the same time, the second one sees that the first one's version is gone;
  -- and a put of the same content waits.
  PERFORM FROM contents WHERE user_id = OLD.user_id AND checksum = OLD.checksum FOR UPDATE;
  DELETE FROM contents c WHERE c.user_id = OLD.user_id AND c.checksum = OLD.checksum
    AND NOT EXISTS (SELECT FROM artifact_versions v WHERE v.user_id = c.user_id AND v.checksum = c.checksum);
  RETURN NULL;
END
$$;
CREATE TRIGGER artifact_versions_deleted AFTER DELETE ON artifact_versions
  FOR EACH ROW EXECUTE FUNCTION heddle_end_version();
CREATE FUNCTION heddle_begin_content() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO content_usage AS u (user_id, stored_bytes) VALUES (NEW.user_id, NEW.size_bytes)
    ON CONFLICT (user_id) DO UPDATE SET stored_bytes = u.stored_bytes + excluded.stored_bytes;
  RETURN NULL;
END
$$;
CREATE TRIGGER contents_inserted AFTER INSERT ON contents FOR EACH ROW EXECUTE FUNCTION heddle_begin_content();
CREATE FUNCTION heddle_end_content() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  UPDATE content_usage SET stored_bytes = stored_bytes - OLD.size_bytes WHERE user_id = OLD.user_id;
  INSERT INTO content_uploads (user_id, number, touched_at) VALUES (OLD.user_id, OLD.number, 0);
  RETURN NULL;
END
$$;
CREATE TRIGGER contents_deleted AFTER DELETE ON contents FOR EACH ROW EXECUTE FUNCTION heddle_end_content();
