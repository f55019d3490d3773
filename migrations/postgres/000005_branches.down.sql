-- Only while no session has been forked or rewound.
DO $$
BEGIN
  IF EXISTS (SELECT FROM segments WHERE source_number <> branch_number)
     OR EXISTS (SELECT FROM branches WHERE branch <> 1 OR session_number IS NULL) THEN
    RAISE 'sessions have been forked or rewound: delete them first';
  END IF;
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

DROP FUNCTION heddle_search_messages(text, text, text, bigint, bigint);
DROP FUNCTION heddle_session_of_message(text, bigint, bigint, text);
DROP TRIGGER sessions_deleted ON sessions;
DROP TRIGGER sessions_inserted ON sessions;
DROP TRIGGER sessions_numbered ON sessions;
ALTER TABLE messages DROP CONSTRAINT messages_user_id_branch_number_fkey;
DROP TABLE segments;
DROP TABLE branches;
DROP SEQUENCE heddle_branch_numbers;
DROP FUNCTION heddle_end_branches();
DROP FUNCTION heddle_end_segments();
DROP FUNCTION heddle_branch_of_session();
DROP FUNCTION heddle_number_branch();
DROP FUNCTION heddle_segment_of_branch();
ALTER TABLE messages DROP COLUMN redacted;
ALTER TABLE messages RENAME COLUMN branch_number TO session_number;
ALTER TABLE messages ADD FOREIGN KEY (user_id, session_number) REFERENCES sessions (user_id, number) ON DELETE CASCADE;
ALTER TABLE sessions DROP COLUMN branch_first;
ALTER TABLE sessions DROP COLUMN branch;
ALTER TABLE sessions DROP COLUMN branch_number;

-- The best messages, from `skip` on, of one session or of all, of an agent's sessions or of all.
CREATE FUNCTION heddle_search_messages(query text, in_session text, of_agent text, max_rows bigint, skip bigint)
RETURNS TABLE (session_number bigint, sequence bigint, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path FROM CURRENT
-- A word's number of rows decides the plan, so there is none for all words.
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  tenant text := nullif(current_setting('heddle.user_id', true), '');
  wanted record;
  the_session bigint;
BEGIN
  SELECT * INTO wanted FROM heddle_search_query(query);
  IF tenant IS NULL OR wanted.all_words IS NULL THEN
    RETURN;
  END IF;
  IF in_session IS NULL THEN
    RETURN QUERY
      SELECT m.session_number, m.sequence, ts_rank(m.search, wanted.any_word, 1)::double precision AS score
      FROM messages m
      WHERE m.search @@ (wanted.all_words && heddle_search_tenant(tenant))
        -- Neither `=` nor a join: as long as a table has no statistics, the planner would rather read all rows of the
        -- tenant, or all its sessions for each row.
        AND m.user_id IS NOT DISTINCT FROM tenant
        AND m.session_number NOT IN (SELECT s.number FROM sessions s
                                     WHERE s.user_id = tenant AND s.deleted_at IS NOT NULL)
        AND (of_agent IS NULL OR EXISTS (SELECT FROM sessions s WHERE s.user_id = tenant
                                         AND s.number = m.session_number AND s.agent_id = of_agent))
        AND heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns)
      ORDER BY score DESC, m.session_number, m.sequence LIMIT max_rows OFFSET skip;
    RETURN;
  END IF;
  SELECT s.number INTO the_session FROM sessions s
    WHERE s.user_id = tenant AND s.id = in_session AND s.deleted_at IS NULL
      AND (of_agent IS NULL OR s.agent_id = of_agent);
  RETURN QUERY
    SELECT m.session_number, m.sequence, ts_rank(m.search, wanted.any_word, 1)::double precision AS score
    FROM messages m
    WHERE m.search @@ wanted.all_words AND m.user_id = tenant AND m.session_number = the_session
      AND heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns)
    ORDER BY score DESC, m.sequence LIMIT max_rows OFFSET skip;
END
$$;
REVOKE EXECUTE ON FUNCTION heddle_search_messages(text, text, text, bigint, bigint) FROM PUBLIC;
