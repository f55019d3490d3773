-- Counts the changes of a record that a save writes as a whole: a save states the revision that it has read, and is
-- refused if another save came between.
ALTER TABLE sessions ADD COLUMN revision bigint NOT NULL DEFAULT 1;
ALTER TABLE artifacts ADD COLUMN revision bigint NOT NULL DEFAULT 1;
