-- Only while no artifact has content.
DO $$
BEGIN
  IF EXISTS (SELECT FROM contents) THEN
    RAISE 'artifacts have content: remove them first';
  END IF;
END
$$;

DROP TABLE artifact_versions;
DROP TABLE content_usage;
DROP TABLE content_uploads;
DROP TABLE content_chunks;
DROP TABLE contents;
DROP FUNCTION heddle_end_version();
DROP FUNCTION heddle_begin_content();
DROP FUNCTION heddle_end_content();
DROP INDEX artifacts_by_deletion;
ALTER TABLE artifacts DROP COLUMN version;
