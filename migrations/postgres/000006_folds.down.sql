-- The messages of folds are as before; snapshots keep the summaries of sessions that exist.
DROP TRIGGER own_segments_deleted ON segments;
DROP FUNCTION heddle_end_folds();
DROP TABLE folds;
DROP TABLE summaries;
DROP FUNCTION heddle_end_fold();
DROP SEQUENCE heddle_summary_numbers;
