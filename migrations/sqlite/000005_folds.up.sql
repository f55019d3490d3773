-- A fold is a summary in the place of a range of messages of one branch. Folds of a branch are disjoint, or one contains
-- the other; only the outermost are shown. A new branch gets copies of the folds whose messages it shares, with the same
-- summaries. A branch with folds has one from 0 to 0 without a summary, so that all its messages are behind a fold.
CREATE TABLE summaries (
  number INTEGER PRIMARY KEY,
  content TEXT NOT NULL,
  token_count INTEGER NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
-- Not WITHOUT ROWID: SQLite 3.40 would sort the rows of windows, as it would not see that this key has their order.
CREATE TABLE folds (
  branch_number INTEGER NOT NULL REFERENCES branches (number) ON DELETE CASCADE,
  outer_last INTEGER NOT NULL,  -- the last sequence of the smallest fold around it; 0: it is the outermost
  last_sequence INTEGER NOT NULL,
  first_sequence INTEGER NOT NULL,
  summary_number INTEGER REFERENCES summaries (number) ON DELETE CASCADE,
  PRIMARY KEY (branch_number, outer_last, last_sequence, first_sequence)
) STRICT;
CREATE INDEX folds_by_summary ON folds (summary_number);

CREATE TRIGGER folds_deleted AFTER DELETE ON folds BEGIN
  DELETE FROM summaries WHERE number = OLD.summary_number
    AND NOT EXISTS (SELECT 1 FROM folds WHERE summary_number = OLD.summary_number);
END;
-- The own segment of a branch ends with its session; its messages stay for those that share them, its folds do not.
CREATE TRIGGER own_segments_deleted AFTER DELETE ON segments WHEN OLD.branch_number = OLD.source_number BEGIN
  DELETE FROM folds WHERE branch_number = OLD.branch_number;
END;
