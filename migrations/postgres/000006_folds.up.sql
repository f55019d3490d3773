-- A fold is a summary in the place of a range of messages of one branch. Folds of a branch are disjoint, or one contains
-- the other; only the outermost are shown. A new branch gets copies of the folds whose messages it shares, with the same
-- summaries. A branch with folds has one from 0 to 0 without a summary, so that all its messages are behind a fold.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

CREATE SEQUENCE heddle_summary_numbers;
CREATE TABLE summaries (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  number bigint NOT NULL,
  content text NOT NULL,
  token_count bigint NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (user_id, number)
);
CREATE TABLE folds (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  branch_number bigint NOT NULL,
  outer_last bigint NOT NULL,  -- the last sequence of the smallest fold around it; 0: it is the outermost
  last_sequence bigint NOT NULL,
  first_sequence bigint NOT NULL,
  summary_number bigint,
  PRIMARY KEY (user_id, branch_number, outer_last, last_sequence, first_sequence),
  FOREIGN KEY (user_id, branch_number) REFERENCES branches (user_id, number) ON DELETE CASCADE,
  FOREIGN KEY (user_id, summary_number) REFERENCES summaries (user_id, number) ON DELETE CASCADE
);
CREATE INDEX folds_by_summary ON folds (user_id, summary_number);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['folds', 'summaries'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

CREATE FUNCTION heddle_end_fold() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Locked first: of two sessions that end at the same time, the second one sees that the first one's fold is gone.
  PERFORM FROM summaries WHERE user_id = OLD.user_id AND number = OLD.summary_number FOR UPDATE;
  DELETE FROM summaries u WHERE u.user_id = OLD.user_id AND u.number = OLD.summary_number
    AND NOT EXISTS (SELECT FROM folds f WHERE f.user_id = u.user_id AND f.summary_number = u.number);
  RETURN NULL;
END
$$;
CREATE TRIGGER folds_deleted AFTER DELETE ON folds FOR EACH ROW EXECUTE FUNCTION heddle_end_fold();
-- The own segment of a branch ends with its session; its messages stay for those that share them, its folds do not.
CREATE FUNCTION heddle_end_folds() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  DELETE FROM folds WHERE user_id = OLD.user_id AND branch_number = OLD.branch_number;
  RETURN NULL;
END
$$;
CREATE TRIGGER own_segments_deleted AFTER DELETE ON segments FOR EACH ROW
  WHEN (OLD.branch_number = OLD.source_number) EXECUTE FUNCTION heddle_end_folds();
