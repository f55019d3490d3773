-- The tables of Heddle. Times are microseconds since 1970 UTC, JSON is text as it was given, enumerations are their
-- names. Every row belongs to a user, and every key and foreign key starts with the user: an id of another tenant
-- behaves like one that is not there. No user is called ''; where a row needs a session, that has been checked there.
-- Ids and whatever lists are ordered by have the collation "C", so that order and equality mean the same in every
-- database.
--
-- Nothing here names a schema or a role: the tables belong to the role that runs this, in the first schema of its
-- search path. What other roles may do comes from their default privileges (postgres_roles.sql).

-- Names in functions that run as the owner are looked up here and nowhere else; without being named last, the
-- caller's temporary tables would come first.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

CREATE TABLE sessions (
  number bigint GENERATED ALWAYS AS IDENTITY,  -- stands in the rows of messages; never used twice
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  name text NOT NULL,
  agent_id text COLLATE "C" NOT NULL,
  parent_session_id text COLLATE "C",
  context text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  total_cost_usd double precision NOT NULL,
  total_tokens bigint NOT NULL,
  last_sequence bigint NOT NULL DEFAULT 0 CHECK (last_sequence < 16777216),
  updated_slot bigint NOT NULL GENERATED ALWAYS AS (updated_at / 60000000) STORED,
  deleted_at bigint,  -- set: the session is hidden, with all that hangs on it, until it is restored or purged
  PRIMARY KEY (user_id, number),
  UNIQUE (user_id, id),
  FOREIGN KEY (user_id, parent_session_id) REFERENCES sessions (user_id, id) ON DELETE SET NULL (parent_session_id)
-- Every message updates its session: room on the page keeps the new version beside the old one, and no index has to
-- know of it as long as none has what changes. So the list of sessions goes by slots of a minute, and sorts in them.
) WITH (fillfactor = 70);
CREATE INDEX sessions_by_update ON sessions (user_id, updated_slot) WHERE deleted_at IS NULL;
CREATE INDEX sessions_by_agent ON sessions (user_id, agent_id, number);
CREATE INDEX sessions_by_parent ON sessions (user_id, parent_session_id) WHERE parent_session_id IS NOT NULL;
-- What hangs on a session is hidden by a look into this index, which is next to empty.
CREATE INDEX sessions_deleted ON sessions (user_id, id) WHERE deleted_at IS NOT NULL;
CREATE INDEX sessions_by_deletion ON sessions (deleted_at) WHERE deleted_at IS NOT NULL;

-- `search` holds the words of the content at their positions and one lexeme for the tenant, '~u' and its name, by which
-- the index finds the rows of one tenant. `words` holds all words in order, one space around each, where
-- there are too many for positions to be exact; else it is null.
CREATE TABLE messages (
  user_id text COLLATE "C" NOT NULL,
  session_number bigint NOT NULL,
  sequence bigint NOT NULL,
  role text NOT NULL,
  content text NOT NULL,
  content_blocks text,
  tool_calls text,
  tool_use_id text NOT NULL,
  tool_result text,
  session_context text NOT NULL,
  agent_id text NOT NULL,
  timestamp bigint NOT NULL,
  token_count bigint NOT NULL,
  cost_usd double precision NOT NULL,
  search tsvector NOT NULL,
  words text,
  PRIMARY KEY (user_id, session_number, sequence),
  FOREIGN KEY (user_id, session_number) REFERENCES sessions (user_id, number) ON DELETE CASCADE
);
-- New rows wait in a list, which halves the cost of a save, until one save has to sort it in. That one takes up to half a
-- second; with a shorter list it would be less, but more often, and dearer for all.
CREATE INDEX messages_search ON messages USING gin (search);

CREATE TABLE tool_executions (
  number bigint GENERATED ALWAYS AS IDENTITY,
  user_id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  tool_name text NOT NULL,
  input text NOT NULL,
  result text,
  error text,
  execution_time_ms bigint NOT NULL,
  timestamp bigint NOT NULL,
  PRIMARY KEY (user_id, session_id, number),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);

CREATE TABLE memory_snapshots (
  user_id text COLLATE "C" NOT NULL,
  id text COLLATE "C" NOT NULL,
  session_id text COLLATE "C" NOT NULL,
  snapshot_type text NOT NULL,
  content text NOT NULL,
  token_count bigint NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);
CREATE INDEX memory_snapshots_by_session ON memory_snapshots (user_id, session_id, created_at, id);

CREATE TABLE agent_errors (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  timestamp bigint NOT NULL,
  session_id text COLLATE "C",
  tool_name text COLLATE "C" NOT NULL,
  raw_error text NOT NULL,
  short_summary text NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);
CREATE INDEX agent_errors_by_time ON agent_errors (user_id, timestamp, id);
CREATE INDEX agent_errors_by_tool ON agent_errors (user_id, tool_name, timestamp, id);
CREATE INDEX agent_errors_by_session ON agent_errors (user_id, session_id, timestamp, id) WHERE session_id IS NOT NULL;

-- `search` and `words` as in messages, of name, purpose and tags, with the word '|' between these.
CREATE TABLE artifacts (
  number bigint GENERATED ALWAYS AS IDENTITY,
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  name text COLLATE "C" NOT NULL,
  path text COLLATE "C" NOT NULL,
  source text NOT NULL,
  source_agent_id text NOT NULL,
  purpose text NOT NULL,
  content_type text NOT NULL,
  size_bytes bigint NOT NULL,
  checksum text NOT NULL,
  created_at bigint NOT NULL,
  updated_at bigint NOT NULL,
  last_accessed_at bigint,
  access_count bigint NOT NULL,
  tags text,
  metadata text,
  deleted_at bigint,
  session_id text COLLATE "C",
  search tsvector NOT NULL,
  words text,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
-- Noting an access touches no index; with room on the page it stays on it.
) WITH (fillfactor = 90);
CREATE INDEX artifacts_by_time ON artifacts (user_id, created_at, id);
-- An entry of an index has 2,704 bytes at most, and a name or a path can have more: they stand in it by their MD5, which
-- a query has to name too, md5(name) = md5(...) AND name = ... Not by their first characters: substr() is not leakproof,
-- so under row security no index is used for it.
CREATE INDEX artifacts_by_name ON artifacts (user_id, md5(name), session_id, created_at, id);
CREATE INDEX artifacts_by_path ON artifacts (user_id, md5(path));
CREATE INDEX artifacts_by_session ON artifacts (user_id, session_id, created_at, id) WHERE session_id IS NOT NULL;
CREATE INDEX artifacts_search ON artifacts USING gin (search);

CREATE TABLE sql_results (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  table_name text NOT NULL,
  row_count bigint NOT NULL,
  column_count bigint NOT NULL,
  columns text NOT NULL,
  preview text NOT NULL,
  stored_at bigint NOT NULL,
  accessed_at bigint NOT NULL,
  expires_at bigint NOT NULL,
  size_bytes bigint NOT NULL,
  checksum text NOT NULL,
  metadata text,
  PRIMARY KEY (user_id, id)
) WITH (fillfactor = 90);
CREATE INDEX sql_results_by_expiry ON sql_results (user_id, expires_at);
-- A stored table is one SQLite database image. Not in the row above, which every access updates.
CREATE TABLE sql_result_images (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  image bytea NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, id) REFERENCES sql_results (user_id, id) ON DELETE CASCADE
);

CREATE TABLE human_requests (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  id text COLLATE "C" NOT NULL,
  agent_id text NOT NULL,
  session_id text COLLATE "C",
  question text NOT NULL,
  context text NOT NULL,
  request_type text NOT NULL,
  priority text NOT NULL,
  timeout_ms bigint NOT NULL,
  created_at bigint NOT NULL,
  expires_at bigint,
  status text NOT NULL,
  response text NOT NULL,
  response_data text NOT NULL,
  responded_at bigint,
  responded_by text NOT NULL,
  PRIMARY KEY (user_id, id),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE
);
CREATE INDEX human_requests_pending ON human_requests (user_id, created_at, id) WHERE status = 'pending';
CREATE INDEX human_requests_by_expiry ON human_requests (user_id, expires_at)
  WHERE status = 'pending' AND expires_at IS NOT NULL;
CREATE INDEX human_requests_by_session ON human_requests (user_id, session_id, created_at, id)
  WHERE session_id IS NOT NULL;

-- A key is taken before its work is done, which may be what makes the session: the foreign key is checked at the end.
CREATE TABLE idempotency_keys (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  key text COLLATE "C" NOT NULL,
  session_id text COLLATE "C",
  operation text NOT NULL,
  fingerprint text NOT NULL,
  answer_number bigint NOT NULL,
  answer_text text NOT NULL,
  created_at bigint NOT NULL,
  PRIMARY KEY (user_id, key),
  FOREIGN KEY (user_id, session_id) REFERENCES sessions (user_id, id) ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED
);
CREATE INDEX idempotency_keys_by_session ON idempotency_keys (user_id, session_id) WHERE session_id IS NOT NULL;
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (user_id, created_at);

-- Row security, forced, so that it holds for the owner too. Whoever has not said which tenant it works for sees nothing
-- and changes nothing; a setting that was local to an earlier transaction reads '' and is not a tenant either. The
-- owner, as whom nobody logs in, sees all rows: migrations, administration, purges and the search below need that.
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['sessions', 'messages', 'tool_executions', 'memory_snapshots', 'agent_errors',
      'artifacts', 'sql_results', 'sql_result_images', 'human_requests', 'idempotency_keys'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

-- Search. A query is terms, one a line; the words of a term, separated by spaces, must follow one another. The words
-- come from the program, which splits queries and stored text in the same way.

-- Words, separated by spaces, as the query language writes them: nothing in them is an operator.
CREATE FUNCTION heddle_search_lexemes(words text, operator text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('''' || replace(replace(replace(words, '\', '\\'), '''', ''''''), ' ', '''' || operator || '''') || '''')
       ::tsquery;

-- The rows of a tenant.
CREATE FUNCTION heddle_search_tenant(tenant text) RETURNS tsquery
LANGUAGE sql IMMUTABLE STRICT PARALLEL SAFE
RETURN ('''~u' || replace(replace(tenant, '\', '\\'), '''', '''''') || '''')::tsquery;

-- What a query asks for: all its words, any of its words, its phrases, and these again as patterns. Null where it has
-- none.
CREATE FUNCTION heddle_search_query(query text, OUT all_words tsquery, OUT any_word tsquery, OUT phrases tsquery,
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

-- Whether a row that has all words has the phrases too: by position where that is exact, else in the words as text. A
-- word has no character that means something in a pattern. One expression, which the planner puts in place of the call.
CREATE FUNCTION heddle_search_has_phrases(search tsvector, words text, phrases tsquery, patterns text[]) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN phrases IS NULL OR CASE WHEN words IS NULL THEN search @@ phrases ELSE words LIKE ALL (patterns) END;

-- The two searches run as the owner. For a role under row security `@@` could not use the index: it is not leakproof,
-- so the policy has to be looked at first, row by row. They ask for the tenant themselves, with the policy's words.
-- The score counts how often words occur in a text of what length, and nothing else: how rare a word is in the whole
-- table is something that other tenants have written.

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

-- The best artifacts, from `skip` on.
CREATE FUNCTION heddle_search_artifacts(query text, max_rows bigint, skip bigint)
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

-- Whoever has no rights on the tables has none on what searches them with the owner's.
REVOKE EXECUTE ON FUNCTION heddle_search_messages(text, text, text, bigint, bigint),
                           heddle_search_artifacts(text, bigint, bigint) FROM PUBLIC;
