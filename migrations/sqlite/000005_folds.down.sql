-- The messages of folds are as before; snapshots keep the summaries of sessions that exist.
DROP TRIGGER own_segments_deleted;
DROP TABLE folds;
DROP TABLE summaries;
