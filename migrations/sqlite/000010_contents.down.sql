-- Only while no artifact has content: fails otherwise, with the name of this constraint.
CREATE TABLE heddle_contents_down (
  contents INTEGER CONSTRAINT remove_artifacts_with_content_first CHECK (contents = 0)
);
INSERT INTO heddle_contents_down SELECT count(*) FROM contents;
DROP TABLE heddle_contents_down;

DROP TABLE artifact_versions;
DROP TABLE content_usage;
DROP TABLE content_uploads;
DROP TABLE content_chunks;
DROP TABLE contents;
DROP INDEX artifacts_by_deletion;
ALTER TABLE artifacts DROP COLUMN version;
