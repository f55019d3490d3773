-- The words of analysis 1 stay: earlier programs find those that are the same in both, such as words in ASCII.

UPDATE messages SET search = ts_delete(search, '~1u' || user_id) || array_to_tsvector(ARRAY['~u' || user_id])
  WHERE search @@ '''~1u'':*'::tsquery;
UPDATE artifacts SET search = ts_delete(search, '~1u' || user_id) || array_to_tsvector(ARRAY['~u' || user_id])
  WHERE search @@ '''~1u'':*'::tsquery;

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

-- The best messages, from `skip` on, of one session or of all, of an agent's sessions or of all.
CREATE OR REPLACE FUNCTION heddle_search_messages(query text, in_session text, of_agent text, max_rows bigint, skip bigint)
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

-- The best artifacts, from `skip` on.
CREATE OR REPLACE FUNCTION heddle_search_artifacts(query text, max_rows bigint, skip bigint)
RETURNS TABLE (id text, score double precision)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path FROM CURRENT
SET plan_cache_mode = force_custom_plan
AS $$
#variable_conflict use_column
DECLARE
  tenant text := nullif(current_setting('heddle.user_id', true), '');
  wanted record;
BEGIN
  SELECT * INTO wanted FROM heddle_search_query(query);
  IF tenant IS NULL OR wanted.all_words IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT a.id, ts_rank(a.search, wanted.any_word, 1)::double precision AS score
    FROM artifacts a
    WHERE a.search @@ (wanted.all_words && heddle_search_tenant(tenant))
      AND a.user_id IS NOT DISTINCT FROM tenant AND a.deleted_at IS NULL
      AND (a.session_id IS NULL OR a.session_id NOT IN (SELECT s.id FROM sessions s
                                                        WHERE s.user_id = tenant AND s.deleted_at IS NOT NULL))
      AND heddle_search_has_phrases(a.search, a.words, wanted.phrases, wanted.patterns)
    ORDER BY score DESC, a.number LIMIT max_rows OFFSET skip;
END
$$;

DROP FUNCTION heddle_search_rows(text, tsquery, tsquery);
DROP FUNCTION heddle_search_former(text);
DROP FUNCTION heddle_search_present(text);

-- What a query asks for: all its words, any of its words, its phrases, and these again as patterns. Null where it has
-- none.
CREATE OR REPLACE FUNCTION heddle_search_query(query text, OUT all_words tsquery, OUT any_word tsquery, OUT phrases tsquery,
                             OUT patterns text[])
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  line text;
  term text;
BEGIN
  FOREACH line IN ARRAY string_to_array(query, E'\n') LOOP
    term := array_to_string(array_remove(string_to_array(line, ' '), ''), ' ');
    CONTINUE WHEN term = '';
    all_words := coalesce(all_words && heddle_search_lexemes(term, '&'), heddle_search_lexemes(term, '&'));
    any_word := coalesce(any_word || heddle_search_lexemes(term, '|'), heddle_search_lexemes(term, '|'));
    CONTINUE WHEN strpos(term, ' ') = 0;
    phrases := coalesce(phrases && heddle_search_lexemes(term, '<->'), heddle_search_lexemes(term, '<->'));
    patterns := patterns || ('% ' || term || ' %');
  END LOOP;
END
$$;

-- Words, separated by spaces, as the query language writes them: nothing in them is an operator.
CREATE OR REPLACE FUNCTION heddle_search_lexemes(words text, operator text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('''' || replace(replace(replace(words, '\', '\\'), '''', ''''''), ' ', '''' || operator || '''') || '''')
       ::tsquery;

DROP INDEX artifacts_of_former_analysis;
DROP INDEX messages_of_former_analysis;
