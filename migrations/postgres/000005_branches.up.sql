-- A session reads and appends to its present branch. A branch is a list of segments, each a range of the messages that
-- one branch wrote, which is the source of the segment; the last one is its own. So a fork and a rewind share messages
-- and copy none. All segments of one source start at the first message that it wrote.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

-- The first branch of a session has the number of the session, so that earlier messages keep theirs; further ones have
-- the negative of a number of this sequence.
CREATE SEQUENCE heddle_branch_numbers;
CREATE TABLE branches (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  number bigint NOT NULL,
  session_number bigint,          -- null: the session is deleted, but others share messages
  branch bigint NOT NULL,         -- 1, 2, 3 ... in its session
  first_sequence bigint NOT NULL, -- of the messages that it wrote
  last_sequence bigint,           -- null: the branch is the present one
  hidden_at bigint,               -- null: the branch is the present one
  PRIMARY KEY (user_id, number),
  UNIQUE (user_id, session_number, branch),
  FOREIGN KEY (user_id, session_number) REFERENCES sessions (user_id, number)
);
CREATE TABLE segments (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  branch_number bigint NOT NULL,
  first_sequence bigint NOT NULL,
  last_sequence bigint NOT NULL,
  source_number bigint NOT NULL,
  PRIMARY KEY (user_id, branch_number, first_sequence),
  FOREIGN KEY (user_id, branch_number) REFERENCES branches (user_id, number) ON DELETE CASCADE,
  FOREIGN KEY (user_id, source_number) REFERENCES branches (user_id, number) ON DELETE CASCADE
);
CREATE INDEX segments_by_source ON segments (user_id, source_number, last_sequence);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['branches', 'segments'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

-- The number in `branches` of the present branch, its number in the session, and the first message that it wrote: what
-- is not before it lies in one range.
ALTER TABLE sessions ADD COLUMN branch_number bigint;
ALTER TABLE sessions ADD COLUMN branch bigint NOT NULL DEFAULT 1;
ALTER TABLE sessions ADD COLUMN branch_first bigint NOT NULL DEFAULT 1;
UPDATE sessions SET branch_number = number;
ALTER TABLE sessions ALTER COLUMN branch_number SET NOT NULL;

INSERT INTO branches (user_id, number, session_number, branch, first_sequence)
  SELECT user_id, number, number, 1, 1 FROM sessions;
INSERT INTO segments SELECT user_id, number, 1, 16777215, number FROM branches;

-- The messages of a deleted session stay as long as others share them, so they belong to the branch.
ALTER TABLE messages DROP CONSTRAINT messages_user_id_session_number_fkey;
ALTER TABLE messages RENAME COLUMN session_number TO branch_number;
ALTER TABLE messages ADD FOREIGN KEY (user_id, branch_number) REFERENCES branches (user_id, number) ON DELETE CASCADE;

-- Why the content of a message was removed; null: it was not.
ALTER TABLE messages ADD COLUMN redacted text;

CREATE FUNCTION heddle_segment_of_branch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO segments VALUES (NEW.user_id, NEW.number, NEW.first_sequence, 16777215, NEW.number);
  RETURN NULL;
END
$$;
CREATE TRIGGER branches_inserted AFTER INSERT ON branches FOR EACH ROW EXECUTE FUNCTION heddle_segment_of_branch();

-- A fork is inserted with the sequence at which it starts.
CREATE FUNCTION heddle_number_branch() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  NEW.branch_number := NEW.number;
  NEW.branch_first := NEW.last_sequence + 1;
  RETURN NEW;
END
$$;
CREATE TRIGGER sessions_numbered BEFORE INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION heddle_number_branch();
CREATE FUNCTION heddle_branch_of_session() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  INSERT INTO branches (user_id, number, session_number, branch, first_sequence)
    VALUES (NEW.user_id, NEW.number, NEW.number, 1, NEW.branch_first);
  RETURN NULL;
END
$$;
CREATE TRIGGER sessions_inserted AFTER INSERT ON sessions FOR EACH ROW EXECUTE FUNCTION heddle_branch_of_session();

-- Deletes the messages that no other segment has, and then their branch if its session is gone. Once for each source:
-- a session that was often rewound has many segments of each.
CREATE FUNCTION heddle_end_segments() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
DECLARE
  source record;
  shared bigint;
BEGIN
  FOR source IN SELECT DISTINCT user_id, source_number AS number FROM ended LOOP
    SELECT max(last_sequence) INTO shared FROM segments
      WHERE user_id = source.user_id AND source_number = source.number;
    DELETE FROM messages WHERE user_id = source.user_id AND branch_number = source.number
      AND sequence > coalesce(shared, 0);
    IF shared IS NULL THEN
      DELETE FROM branches WHERE user_id = source.user_id AND number = source.number AND session_number IS NULL;
    END IF;
  END LOOP;
  RETURN NULL;
END
$$;
CREATE TRIGGER segments_deleted AFTER DELETE ON segments REFERENCING OLD TABLE AS ended
  FOR EACH STATEMENT EXECUTE FUNCTION heddle_end_segments();
CREATE FUNCTION heddle_end_branches() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  -- Locked first, in a statement of its own: of two sessions that share messages and end at the same time, the second
  -- one sees that the segments of the first are gone. Else neither would delete what both share.
  PERFORM FROM branches b WHERE b.user_id = OLD.user_id AND b.number IN
    (SELECT g.source_number FROM segments g JOIN branches o ON o.user_id = g.user_id AND o.number = g.branch_number
     WHERE o.user_id = OLD.user_id AND o.session_number = OLD.number)
    ORDER BY b.number FOR NO KEY UPDATE;
  DELETE FROM segments WHERE user_id = OLD.user_id AND branch_number IN
    (SELECT number FROM branches WHERE user_id = OLD.user_id AND session_number = OLD.number);
  DELETE FROM branches b WHERE b.user_id = OLD.user_id AND b.session_number = OLD.number
    AND NOT EXISTS (SELECT FROM segments s WHERE s.user_id = b.user_id AND s.source_number = b.number);
  UPDATE branches SET session_number = NULL WHERE user_id = OLD.user_id AND session_number = OLD.number;
  RETURN OLD;
END
$$;
CREATE TRIGGER sessions_deleted BEFORE DELETE ON sessions FOR EACH ROW EXECUTE FUNCTION heddle_end_branches();

-- The session in which a tenant finds a message: of its visible sessions whose present branch has the message, and
-- which belong to the agent, the one that wrote it, or else the oldest. Null if there is none.
CREATE FUNCTION heddle_session_of_message(tenant text, wrote bigint, at bigint, of_agent text) RETURNS text
LANGUAGE sql STABLE PARALLEL SAFE
RETURN (SELECT s.id FROM segments g
        JOIN branches b ON b.user_id = g.user_id AND b.number = g.branch_number AND b.hidden_at IS NULL
        JOIN sessions s ON s.user_id = b.user_id AND s.number = b.session_number
        WHERE g.user_id = tenant AND g.source_number = wrote AND g.last_sequence >= at
          AND s.deleted_at IS NULL AND (of_agent IS NULL OR s.agent_id = of_agent)
        ORDER BY s.number IS DISTINCT FROM
                   (SELECT w.session_number FROM branches w WHERE w.user_id = tenant AND w.number = wrote), s.number
        LIMIT 1);

-- The best messages, from `skip` on, of one session or of all, of an agent's sessions or of all.
DROP FUNCTION heddle_search_messages(text, text, text, bigint, bigint);
CREATE FUNCTION heddle_search_messages(query text, in_session text, of_agent text, max_rows bigint, skip bigint)
RETURNS TABLE (branch_number bigint, sequence bigint, session_id text, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path FROM CURRENT
-- A word's number of rows decides the plan, so there is none for all words.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  tenant text := nullif(current_setting('heddle.user_id', true), '');
  wanted record;
  present bigint;
BEGIN
  SELECT * INTO wanted FROM heddle_search_query(query);
  IF tenant IS NULL OR wanted.all_words IS NULL THEN
    RETURN;
  END IF;
  IF in_session IS NULL THEN
    RETURN QUERY
      -- In this order already: whose session has a message is asked for no more of them than are returned, unless most
      -- are hidden.
      SELECT f.branch_number, f.sequence, found.session_id, f.score
      FROM (SELECT m.branch_number, m.sequence, ts_rank(m.search, wanted.any_word, 1)::double precision AS score
            FROM messages m
            WHERE m.search @@ (wanted.all_words && heddle_search_tenant(tenant))
              -- Not `=`: as long as a table has no statistics, the planner would rather read all rows of the tenant.
              AND m.user_id IS NOT DISTINCT FROM tenant
              AND heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns)
            ORDER BY score DESC, m.branch_number, m.sequence OFFSET 0) f
        CROSS JOIN LATERAL (SELECT heddle_session_of_message(tenant, f.branch_number, f.sequence, of_agent) AS session_id
                            OFFSET 0) found
      WHERE found.session_id IS NOT NULL
      ORDER BY f.score DESC, f.branch_number, f.sequence LIMIT max_rows OFFSET skip;
    RETURN;
  END IF;
  SELECT s.branch_number INTO present FROM sessions s
    WHERE s.user_id = tenant AND s.id = in_session AND s.deleted_at IS NULL
      AND (of_agent IS NULL OR s.agent_id = of_agent);
  RETURN QUERY
    SELECT m.branch_number, m.sequence, in_session, ts_rank(m.search, wanted.any_word, 1)::double precision AS score
    FROM segments g JOIN messages m ON m.user_id = tenant AND m.branch_number = g.source_number
      AND m.sequence BETWEEN g.first_sequence AND g.last_sequence
    WHERE g.user_id = tenant AND g.branch_number = present AND m.search @@ wanted.all_words
      AND heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns)
    ORDER BY score DESC, m.sequence LIMIT max_rows OFFSET skip;
END
$$;
REVOKE EXECUTE ON FUNCTION heddle_search_messages(text, text, text, bigint, bigint) FROM PUBLIC;
