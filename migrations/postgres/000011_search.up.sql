-- Words of texts in every script. Rows keep the words by which they were stored, and are found by them, until they are
-- indexed anew. A row says itself whose words it has, by the lexeme of its tenant: '~u' and the tenant's name behind
-- words of the former analysis, '~1u' and the name behind those of analysis 1. So no column is added and no row is
-- written, and a program of an earlier version that updates a row says so too.
--
-- Rows of analysis 1 also have each word as written that is not its term: '=' and the word, without a position.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

-- The rows to index anew. Rows without a tenant's lexeme are redacted: nothing finds them.
CREATE INDEX messages_of_former_analysis ON messages (user_id, branch_number, sequence)
  WHERE search @@ '''~u'':*'::tsquery;
CREATE INDEX artifacts_of_former_analysis ON artifacts (user_id, id) WHERE search @@ '''~u'':*'::tsquery;

-- Words, separated by spaces, as the query language writes them: nothing in them is an operator. A word that ends in '*'
-- stands for all that start with it.
CREATE OR REPLACE FUNCTION heddle_search_lexemes(words text, operator text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN replace('''' || replace(replace(replace(words, '\', '\\'), '''', ''''''), ' ', '''' || operator || '''') || '''',
               '*''', ''':*')::tsquery;

-- What a query asks for: all its words, any of its words, its phrases, and these again as patterns. Null where it has
-- none.
CREATE OR REPLACE FUNCTION heddle_search_query(query text, OUT all_words tsquery, OUT any_word tsquery,
                                               OUT phrases tsquery, OUT patterns text[])
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
    patterns := patterns || ('% ' || CASE right(term, 1) WHEN '*' THEN rtrim(term, '*') ELSE term || ' ' END || '%');
  END LOOP;
END
$$;

-- The two parts of what a program sends: the words of analysis 1 and, behind a form feed, those of the former one, if
-- they are others.
CREATE FUNCTION heddle_search_present(query text) RETURNS text
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN split_part(query, E'\f', 1);
-- Not STRICT: the planner would not put the expression in place of the call.
CREATE FUNCTION heddle_search_former(query text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE strpos(query, E'\f') WHEN 0 THEN query ELSE split_part(query, E'\f', 2) END;

-- The rows of a tenant that have all words of their analysis. Null if there are no words.
CREATE FUNCTION heddle_search_rows(tenant text, present tsquery, former tsquery) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  of_tenant text := replace(replace(tenant, '\', '\\'), '''', '''''') || '''';
BEGIN
  present := present && ('''~1u' || of_tenant)::tsquery;
  former := former && ('''~u' || of_tenant)::tsquery;
  RETURN coalesce(present || former, present, former);
END
$$;

-- The best messages, from `skip` on, of one session or of all, of an agent's sessions or of all.
CREATE OR REPLACE FUNCTION heddle_search_messages(query text, in_session text, of_agent text, max_rows bigint,
                                                  skip bigint)
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
  former record;
  rows tsquery;
  any_former boolean;
  present bigint;
BEGIN
  SELECT * INTO wanted FROM heddle_search_query(heddle_search_present(query));
  -- While the tenant has none of the former analysis, nothing is asked of it. Ordered, so that the planner does not read
  -- the table for a row that it takes for frequent.
  PERFORM FROM messages f WHERE f.user_id = tenant AND f.search @@ '''~u'':*'::tsquery ORDER BY f.branch_number, f.sequence LIMIT 1;
  any_former := FOUND;
  SELECT * INTO former FROM heddle_search_query(CASE WHEN any_former THEN heddle_search_former(query) ELSE '' END);
  rows := heddle_search_rows(tenant, wanted.all_words, former.all_words);
  IF tenant IS NULL OR rows IS NULL THEN
    RETURN;
  END IF;
  IF in_session IS NULL THEN
    RETURN QUERY
      -- In this order already: whose session has a message is asked for no more of them than are returned, unless most
      -- are hidden.
      SELECT f.branch_number, f.sequence, found.session_id, f.score
      FROM (SELECT m.branch_number, m.sequence,
                   CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery THEN ts_rank(m.search, former.any_word, 1)
                        ELSE ts_rank(m.search, wanted.any_word, 1) END::double precision AS score
            FROM messages m
            WHERE m.search @@ rows
              -- Not `=`: as long as a table has no statistics, the planner would rather read all rows of the tenant.
              AND m.user_id IS NOT DISTINCT FROM tenant
              AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                       THEN heddle_search_has_phrases(m.search, m.words, former.phrases, former.patterns)
                       ELSE heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns) END
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
    SELECT m.branch_number, m.sequence, in_session,
           CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery THEN ts_rank(m.search, former.any_word, 1)
                ELSE ts_rank(m.search, wanted.any_word, 1) END::double precision AS score
    FROM segments g JOIN messages m ON m.user_id = tenant AND m.branch_number = g.source_number
      AND m.sequence BETWEEN g.first_sequence AND g.last_sequence
    WHERE g.user_id = tenant AND g.branch_number = present AND m.search @@ rows
      AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
               THEN heddle_search_has_phrases(m.search, m.words, former.phrases, former.patterns)
               ELSE heddle_search_has_phrases(m.search, m.words, wanted.phrases, wanted.patterns) END
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
  former record;
  rows tsquery;
  any_former boolean;
BEGIN
  SELECT * INTO wanted FROM heddle_search_query(heddle_search_present(query));
  PERFORM FROM artifacts f WHERE f.user_id = tenant AND f.search @@ '''~u'':*'::tsquery ORDER BY f.id LIMIT 1;
  any_former := FOUND;
  SELECT * INTO former FROM heddle_search_query(CASE WHEN any_former THEN heddle_search_former(query) ELSE '' END);
  rows := heddle_search_rows(tenant, wanted.all_words, former.all_words);
  IF tenant IS NULL OR rows IS NULL THEN
    RETURN;
  END IF;
  RETURN QUERY
    SELECT a.id,
           CASE WHEN any_former AND a.search @@ '''~u'':*'::tsquery THEN ts_rank(a.search, former.any_word, 1)
                ELSE ts_rank(a.search, wanted.any_word, 1) END::double precision AS score
    FROM artifacts a
    WHERE a.search @@ rows
      AND a.user_id IS NOT DISTINCT FROM tenant AND a.deleted_at IS NULL
      AND (a.session_id IS NULL OR a.session_id NOT IN (SELECT s.id FROM sessions s
                                                        WHERE s.user_id = tenant AND s.deleted_at IS NOT NULL))
      AND CASE WHEN any_former AND a.search @@ '''~u'':*'::tsquery
               THEN heddle_search_has_phrases(a.search, a.words, former.phrases, former.patterns)
               ELSE heddle_search_has_phrases(a.search, a.words, wanted.phrases, wanted.patterns) END
    ORDER BY score DESC, a.number LIMIT max_rows OFFSET skip;
END
$$;
