ALTER TABLE artifacts DROP COLUMN revision;
ALTER TABLE sessions DROP COLUMN revision;
