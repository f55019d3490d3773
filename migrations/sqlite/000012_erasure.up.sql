-- What is owed of what was erased. The words of messages stay in the full-text index after it was told to forget them,
-- until it merges the segments in which they are.
-- erasure: 0: nothing is owed; 1: a merge of all segments is under way; 2: it has to begin.
ALTER TABLE search_state ADD COLUMN erasure INTEGER NOT NULL DEFAULT 0;
-- rewrite: 1 if versions before this one may have left erased texts in free parts of the file.
ALTER TABLE search_state ADD COLUMN rewrite INTEGER NOT NULL DEFAULT 0;
-- A scrub counts itself, so that it changes something: only a write starts the log anew.
ALTER TABLE search_state ADD COLUMN scrubs INTEGER NOT NULL DEFAULT 0;
UPDATE search_state SET rewrite = 1 WHERE EXISTS (SELECT 1 FROM branches) OR EXISTS (SELECT 1 FROM artifacts);
