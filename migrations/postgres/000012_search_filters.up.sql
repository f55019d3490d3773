-- Searches by any of the words, by the beginning of the last one, in some places of a message, by roles and times, and
-- for the newest first. The earlier functions stay for programs of the version before.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

-- What a program sends has a term in each line, its words separated by spaces; a line of the former analysis is the
-- same term as the line of today with its number. A word that ends in '*' stands for all that start with it, and where
-- a term is one word, '|' separates words of which one is looked for.

-- The terms, each once. Null where a term has no words in that analysis, and where its words of today are those of an
-- earlier term, but not the former ones.
CREATE FUNCTION heddle_search_terms(query text, OUT presents text[], OUT formers text[])
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
AS $$
DECLARE
  present_lines text[] := string_to_array(heddle_search_present(query), E'\n');
  former_lines text[] := string_to_array(heddle_search_former(query), E'\n');
  present text;
  former text;
  known integer;
BEGIN
  FOR line IN 1 .. greatest(cardinality(present_lines), cardinality(former_lines)) LOOP
    present := nullif(array_to_string(array_remove(string_to_array(present_lines[line], ' '), ''), ' '), '');
    former := nullif(array_to_string(array_remove(string_to_array(former_lines[line], ' '), ''), ' '), '');
    IF present IS NOT NULL THEN
      known := array_position(presents, present);
      IF known IS NOT NULL THEN
        CONTINUE WHEN former IS NOT DISTINCT FROM formers[known];
        present := NULL;
      END IF;
    END IF;
    CONTINUE WHEN present IS NULL AND former IS NULL;
    presents := presents || present;
    formers := formers || former;
  END LOOP;
END
$$;

-- These three are expressions, which the planner puts in place of the calls.
CREATE FUNCTION heddle_search_term(term text, operator text) RETURNS tsquery
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE strpos(term, ' ') WHEN 0 THEN heddle_search_lexemes(replace(term, '|', ' '), '|')
                              ELSE heddle_search_lexemes(term, operator) END;
-- A phrase, or a word, as a pattern: see heddle_search_has_phrases.
CREATE FUNCTION heddle_search_word_pattern(term text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN '% ' || CASE right(term, 1) WHEN '*' THEN rtrim(term, '*') ELSE term || ' ' END || '%';
-- The same; null for a single word.
CREATE FUNCTION heddle_search_pattern(term text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN strpos(term, ' ') > 0 THEN heddle_search_word_pattern(term) END;

-- The places of a message are bits: 1 is its text, 2 what the model thought, 4 the arguments of tools, 8 their results.
-- They are the weights D, C, B and A of positions; rows of the former analysis, and artifacts, have D only. Words as
-- written have no position, but another character before them for each place. 15 is all places. Not STRICT: the planner
-- would not put the expression in place of the call.
CREATE FUNCTION heddle_search_places(query text) RETURNS bigint
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN coalesce(nullif(split_part(query, E'\f', 3), '')::bigint, 15);

-- Whether a word is looked for in these places; of other words than those as written that is said by weights.
CREATE FUNCTION heddle_search_is_in(word text, places bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE left(word, 1) WHEN '=' THEN places & 1 WHEN '<' THEN places & 2 WHEN '>' THEN places & 4
                          WHEN '?' THEN places & 8 ELSE 1 END <> 0;

-- Like heddle_search_term with '<->', in some places.
CREATE FUNCTION heddle_search_term_in(term text, places bigint) RETURNS tsquery
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  weights text := CASE WHEN places & 8 <> 0 THEN 'A' ELSE '' END || CASE WHEN places & 4 <> 0 THEN 'B' ELSE '' END ||
                  CASE WHEN places & 2 <> 0 THEN 'C' ELSE '' END || CASE WHEN places & 1 <> 0 THEN 'D' ELSE '' END;
  words text := split_part(term, '|', 1);
  others text;
  found tsquery;
BEGIN
  IF places = 15 THEN
    RETURN heddle_search_term(term, '<->');
  END IF;
  found := replace('''' || replace(replace(replace(words, '\', '\\'), '''', ''''''), ' ',
                                   ''':' || weights || '<->''') || ''':' || weights, '*'':', ''':*')::tsquery;
  SELECT string_agg(u.word, ' ') INTO others
    FROM unnest(string_to_array(substr(term, length(words) + 2), '|')) u (word)
    WHERE heddle_search_is_in(u.word, places);
  RETURN coalesce(found || heddle_search_lexemes(others, '|'), found);
END
$$;

-- The words of these places, where words are a text.
CREATE FUNCTION heddle_search_words_in(words text, places bigint) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE places WHEN 15 THEN words
       ELSE CASE WHEN places & 1 <> 0 THEN split_part(words, '|', 1) ELSE '' END || '|' ||
            CASE WHEN places & 2 <> 0 THEN split_part(words, '|', 2) ELSE '' END || '|' ||
            CASE WHEN places & 4 <> 0 THEN split_part(words, '|', 3) ELSE '' END || '|' ||
            CASE WHEN places & 8 <> 0 THEN split_part(words, '|', 4) ELSE '' END END;

-- What rows have that have all terms, or any: what the index finds of it; what is to be ranked; and, if there are
-- phrases or not all places are searched, what has to hold by position, and, where words are a text, the single words
-- and the patterns. If not all places are searched, single words are patterns too, but for those as written, and the
-- beginning of a word has patterns of its own.
CREATE FUNCTION heddle_search_wanted(terms text[], any_word boolean, places bigint, OUT rows tsquery,
                                     OUT ranked tsquery, OUT exact tsquery, OUT singles tsquery, OUT patterns text[],
                                     OUT beginnings text[])
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  term text;
  word text;
  words tsquery;
  phrase tsquery;
BEGIN
  IF terms IS NULL THEN
    RETURN;
  END IF;
  FOREACH term IN ARRAY array_remove(terms, NULL) LOOP
    words := heddle_search_term(term, '&');
    phrase := heddle_search_term_in(term, places);
    ranked := coalesce(ranked || heddle_search_term(term, '|'), heddle_search_term(term, '|'));
    IF any_word THEN
      rows := coalesce(rows || words, words);
      exact := coalesce(exact || phrase, phrase);
    ELSE
      rows := coalesce(rows && words, words);
      exact := coalesce(exact && phrase, phrase);
    END IF;
    IF strpos(term, ' ') > 0 THEN
      patterns := patterns || heddle_search_pattern(term);
    ELSIF places = 15 THEN
      singles := coalesce(singles || words, words);
    ELSIF strpos(term, '|') = 0 THEN
      patterns := patterns || heddle_search_word_pattern(term);
    ELSE
      FOREACH word IN ARRAY string_to_array(term, '|') LOOP
        CONTINUE WHEN NOT heddle_search_is_in(word, places);
        IF word ~ '^[=<>?]' THEN
          singles := coalesce(singles || heddle_search_lexemes(word, '|'), heddle_search_lexemes(word, '|'));
        ELSE
          beginnings := beginnings || heddle_search_word_pattern(word);
        END IF;
      END LOOP;
    END IF;
  END LOOP;
  IF patterns IS NULL AND places = 15 THEN
    exact := NULL;
  END IF;
END
$$;

-- Whether a row whose words are a text has all terms, or any, in some places.
CREATE FUNCTION heddle_search_has_terms_in(search tsvector, words text, any_word boolean, singles tsquery,
                                           patterns text[], beginnings text[], places bigint) RETURNS boolean
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE
AS $$
DECLARE
  has_beginning boolean;
BEGIN
  words := heddle_search_words_in(words, places);
  has_beginning := coalesce(search @@ singles, false) OR words LIKE ANY (coalesce(beginnings, '{}'));
  RETURN CASE WHEN any_word THEN has_beginning OR words LIKE ANY (coalesce(patterns, '{}'))
              ELSE (has_beginning OR beginnings IS NULL) AND words LIKE ALL (coalesce(patterns, '{}')) END;
END
$$;

-- Whether a row that the index finds has all terms, or any. An expression like these two.
CREATE FUNCTION heddle_search_has_terms(search tsvector, words text, any_word boolean, exact tsquery, singles tsquery,
                                        patterns text[], beginnings text[], places bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN exact IS NULL OR CASE WHEN words IS NULL THEN search @@ exact
                             WHEN places <> 15
                             THEN heddle_search_has_terms_in(search, words, any_word, singles, patterns, beginnings,
                                                             places)
                             WHEN any_word THEN coalesce(search @@ singles, false) OR words LIKE ANY (patterns)
                             ELSE words LIKE ALL (patterns) END;

-- What is to be ranked where any of the terms is enough, in groups of terms of about the same weight: ts_rank looks for
-- the words of a group in one pass, and divides by their number.
CREATE FUNCTION heddle_search_ranks(presents text[], formers text[], term_weights double precision[], places bigint,
                                    OUT weights double precision[], OUT ranks tsquery[], OUT phrases tsquery[],
                                    OUT patterns text[], OUT of_former boolean[])
LANGUAGE sql IMMUTABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT array_agg(g.weight), array_agg(g.ranked), array_agg(g.phrase), array_agg(g.pattern), array_agg(g.of_former)
  FROM (SELECT sum(p.weight) AS weight, string_agg(heddle_search_term(p.term, '|')::text, '|')::tsquery AS ranked,
               (array_agg(heddle_search_term_in(p.term, places)))[1] AS phrase,
               max(heddle_search_pattern(p.term)) AS pattern, p.of_former
        FROM (SELECT u.place, u.weight, u.present AS term, false AS of_former
              FROM unnest(presents, term_weights) WITH ORDINALITY u (present, weight, place)
              UNION ALL
              SELECT u.place, u.weight, u.former, true
              FROM unnest(formers, term_weights) WITH ORDINALITY u (former, weight, place)) p
        WHERE p.term IS NOT NULL
        GROUP BY p.of_former, CASE WHEN cardinality(presents) <= 20 OR strpos(p.term, ' ') > 0 THEN -p.place
                                   ELSE round(2 * p.weight) END) g;
END;

-- Whether a set of bits has a role: a bit for each in the order of their enumeration, then one for all others.
CREATE FUNCTION heddle_has_role(role text, roles bigint) RETURNS boolean
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN roles = -1 OR (CASE role WHEN 'system' THEN 1 WHEN 'user' THEN 2 WHEN 'assistant' THEN 4 WHEN 'tool' THEN 8
                                ELSE 16 END & roles) <> 0;

-- The sessions in which a tenant finds the messages that these branches wrote, and which of them: as
-- heddle_session_of_message says of each.
CREATE FUNCTION heddle_sessions_of_branches(tenant text, wrote bigint[], of_agent text)
RETURNS TABLE (source_number bigint, first_sequence bigint, last_sequence bigint, session_number bigint)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  WITH source AS MATERIALIZED (
    -- The session that has all of a branch, and comes first: the one that wrote it, if it is its present branch.
    SELECT w.number, w.session_number,
           -- Not in its WHERE: as long as a table has no statistics, the planner would rather read an index of all
           -- visible sessions.
           (SELECT CASE WHEN s.deleted_at IS NULL AND (of_agent IS NULL OR s.agent_id = of_agent) THEN s.number END
            FROM sessions s WHERE s.user_id = tenant AND s.number = w.session_number AND w.hidden_at IS NULL) AS owner
    FROM (SELECT DISTINCT u.number FROM unnest(wrote) u (number)) d
    -- By a range and in order, and no join: without statistics, the planner would rather read all of the tenant.
    CROSS JOIN LATERAL (SELECT * FROM branches w WHERE w.user_id = tenant AND w.number BETWEEN d.number AND d.number
                        ORDER BY w.number OFFSET 0) w)
  SELECT o.number, 1::bigint, 16777215::bigint, o.owner FROM source o WHERE o.owner IS NOT NULL
  UNION ALL
  SELECT c.source_number, coalesce(c.taken, 0) + 1, c.last_sequence, c.number
  FROM (SELECT g.source_number, g.last_sequence, s.number,
               -- What sessions that come before it have.
               max(g.last_sequence) OVER (PARTITION BY g.source_number
                                          ORDER BY s.number IS DISTINCT FROM o.session_number, s.number
                                          ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS taken
        FROM source o
        JOIN segments g ON g.user_id = tenant AND g.source_number = o.number
        JOIN branches b ON b.user_id = tenant AND b.number = g.branch_number AND b.hidden_at IS NULL
        JOIN sessions s ON s.user_id = tenant AND s.number = b.session_number AND s.deleted_at IS NULL
          AND (of_agent IS NULL OR s.agent_id = of_agent)
        WHERE o.owner IS NULL) c
  WHERE c.taken IS NULL OR c.last_sequence > c.taken;
END;

-- The messages that have all terms, or any, from `skip` on, of one session or of all, of an agent's sessions or of all:
-- the newest first, that is the sessions in the order in which they are listed, in each the last message first; or the
-- best of the first `candidates` in that order, and whether there are `more`.
--
-- Two ways lead to them. The index finds all at once, wherever they are; if they are many, it is better to read the
-- messages in that order until there are enough. How many rows either way has to read shows only on the way, so each is
-- given up at a limit, four times as many rows every time: that costs a small multiple of the better one. The messages
-- of a short session are just read.
--
-- To rank a message costs some times what it costs to find it. What is read in order is kept, so it is ranked at once,
-- unless any term is enough. Otherwise only those are ranked that are kept, found again by where they are in the table:
-- all statements of the function see the same versions of rows.
CREATE FUNCTION heddle_find_messages(query text, in_session text, of_agent text, roles bigint, at_or_after bigint,
                                     before bigint, newest boolean, any_word boolean, candidates bigint,
                                     max_rows bigint, skip bigint)
RETURNS TABLE (branch_number bigint, sequence bigint, session_id text, score double precision, more boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path FROM CURRENT
-- To plan the statements costs more than to find a rare word. So they are planned once in a connection, for all words;
-- but anew where the best plan depends on how many rows other statements have found.
SET plan_cache_mode = force_generic_plan
-- With a limit, or without statistics, the planner would rather read the table than the index: it takes the rows of a
-- tenant to be everywhere.
SET enable_seqscan = off
-- What is read in order is not to be sorted. Where the index of words is asked, this is on.
SET enable_bitmapscan = off
-- Off for the list of all sessions, of which the first ones are needed.
SET enable_sort = on
-- Compiling takes longer than what is compiled would.
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  capped CONSTANT bigint := 10000;  -- a word that is in so many messages is not counted further
  most_terms CONSTANT bigint := 256;
  short CONSTANT bigint := 1000;  -- a session with so many messages is read
  endless CONSTANT bigint := 1::bigint << 40;  -- more rows than a table has
  tenant text := nullif(current_setting('heddle.user_id', true), '');
  places bigint := heddle_search_places(query);
  -- In the order D, C, B, A.
  place_weights real[] := ARRAY[(places & 1)::real / 10, (places >> 1 & 1)::real / 10, (places >> 2 & 1)::real / 10,
                                (places >> 3 & 1)::real / 10];
  any_former boolean;
  terms record;
  presents text[];
  formers text[];
  weights double precision[];
  wanted record;
  former record;
  rows tsquery;
  -- The terms as they are ranked where any is enough.
  ranks tsquery[];
  phrases tsquery[];
  patterns text[];
  of_former boolean[];
  present bigint;         -- the branch of `in_session`
  size bigint;            -- the number of its messages
  goal bigint;            -- after so many matches no further one is looked for
  most bigint;            -- if the index finds more, the other way is gone
  budget bigint := 0;     -- so many rows are read in order before the index is asked
  seen bigint := 0;       -- so many have been read
  step bigint := 1000;    -- so many are read at once, at most
  chunk bigint;           -- so many are
  -- The sessions in order; of the one that is being read, what is behind `unread` has been read.
  listed refcursor;
  session record;
  unread bigint := 0;
  ended boolean := false;
  -- Parts of sessions, to be read at once.
  ids text[];
  numbers bigint[];
  branches bigint[];
  firsts bigint[];
  lasts bigint[];
  room bigint;
  taken bigint;
  -- What was found, in order: where it is in the table, and its sessions; null if they are to be looked up.
  found_sessions text[] := '{}';
  found_rows tid[] := '{}';
  -- The same of what was read in order: its keys and ranks.
  found_branches bigint[] := '{}';
  found_sequences bigint[] := '{}';
  found_ranks double precision[] := '{}';
  are_ranked boolean;     -- these tell the order
  some_branches bigint[];
  some_sequences bigint[];
  some_ranks double precision[];
  some_sessions text[];
  some_rows tid[];
BEGIN
  IF tenant IS NULL OR query IS NULL THEN
    RETURN;
  END IF;
  newest := coalesce(newest, false);
  any_word := coalesce(any_word, false);
  are_ranked := newest OR NOT any_word;
  -- While the tenant has none of the former analysis, nothing is asked of it.
  PERFORM FROM messages f WHERE f.user_id = tenant AND f.search @@ '''~u'':*'::tsquery
    ORDER BY f.branch_number, f.sequence LIMIT 1;
  -- These have no other place than the text.
  any_former := FOUND AND places & 1 <> 0;
  terms := heddle_search_terms(query);
  IF any_former THEN
    presents := terms.presents;
    formers := terms.formers;
  ELSE
    presents := array_remove(terms.presents, NULL);
  END IF;

  -- How rare words are, in this tenant's messages only. Counted where it decides something. Words that many of some
  -- messages have are looked for in some more: the index would find them in all.
  IF any_word AND (NOT newest OR cardinality(array_remove(presents, NULL)) > most_terms) THEN
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true), set_config('enable_bitmapscan', 'on', true);
    SELECT array_agg(r.present ORDER BY r.place), array_agg(r.former ORDER BY r.place),
           array_agg(ln(1 + (r.messages - r.found + 1.5) / (r.found + 0.5)) ORDER BY r.place)
      INTO presents, formers, weights
      FROM (SELECT t.place, t.present, t.former, c.found, a.messages,
                   row_number() OVER (PARTITION BY t.present IS NULL ORDER BY c.found, t.place) AS rarity
            FROM (SELECT count(*)::double precision AS messages
                  FROM (SELECT FROM messages m WHERE m.user_id = tenant LIMIT capped) m) a
            CROSS JOIN (SELECT u.*, heddle_search_term(u.present, '<->') AS exact,
                               heddle_search_pattern(u.present) AS pattern,
                               heddle_search_term(u.former, '<->') AS former_exact,
                               heddle_search_pattern(u.former) AS former_pattern,
                               heddle_search_rows(tenant, heddle_search_term(u.present, '&'),
                                                  heddle_search_term(u.former, '&')) AS rows
                        FROM unnest(presents, formers) WITH ORDINALITY u (present, former, place) OFFSET 0) t
            CROSS JOIN LATERAL
              (SELECT CASE WHEN t.pattern IS NULL AND t.former_pattern IS NULL AND
                             (SELECT count(*)
                              FROM (SELECT m.search FROM messages m WHERE m.user_id = tenant LIMIT 100) m
                              WHERE ts_match_vq(m.search, t.rows)) >= 25
                           THEN (SELECT count(*)
                                 FROM (SELECT FROM (SELECT m.search FROM messages m
                                                    WHERE m.user_id = tenant LIMIT 4 * capped) m
                                       WHERE ts_match_vq(m.search, t.rows) LIMIT capped) m) END AS found OFFSET 0) f
            CROSS JOIN LATERAL
              (SELECT CASE WHEN f.found >= capped THEN capped
                           ELSE (SELECT count(*)
                                 FROM (SELECT FROM messages m
                                       WHERE m.search @@ t.rows AND m.user_id IS NOT DISTINCT FROM tenant
                                         AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                                                  THEN t.former_pattern IS NULL OR
                                                       CASE WHEN m.words IS NULL THEN m.search @@ t.former_exact
                                                            ELSE m.words LIKE t.former_pattern END
                                                  ELSE t.pattern IS NULL OR
                                                       CASE WHEN m.words IS NULL THEN m.search @@ t.exact
                                                            ELSE m.words LIKE t.pattern END END
                                       LIMIT capped) m) END AS found OFFSET 0) c) r
      WHERE r.present IS NULL OR r.rarity <= most_terms;
    PERFORM set_config('enable_bitmapscan', 'off', true);
  END IF;

  wanted := heddle_search_wanted(presents, any_word, places);
  former := heddle_search_wanted(formers, any_word, places);
  rows := heddle_search_rows(tenant, wanted.rows, former.rows);
  IF rows IS NULL THEN
    RETURN;
  END IF;
  IF any_word AND NOT newest THEN
    SELECT r.* INTO weights, ranks, phrases, patterns, of_former
      FROM heddle_search_ranks(presents, formers, weights, places) r;
  END IF;

  -- Nothing that is computed of the cap is too large. A limit that is not given is that one: least() ignores it.
  IF newest THEN
    goal := least(max_rows, endless) + least(coalesce(skip, 0), endless);
    most := greatest(goal, 4000);
    budget := least(greatest(goal, 1000), 20000);
  ELSE
    goal := least(candidates, endless) + 1;
    -- Phrases are not found in the index alone: either way reads the messages.
    most := greatest(CASE WHEN wanted.exact IS NULL THEN 2 ELSE 1 END * goal, 4000);
  END IF;
  IF in_session IS NOT NULL THEN
    -- Not in its WHERE: see heddle_sessions_of_branches. Nor `=`: without statistics, any index of the tenant's sessions
    -- would be as good.
    SELECT CASE WHEN s.deleted_at IS NULL AND (of_agent IS NULL OR s.agent_id = of_agent) THEN s.branch_number END,
           s.last_sequence
      INTO present, size FROM sessions s
      WHERE s.user_id = tenant AND s.id BETWEEN in_session AND in_session ORDER BY s.id;
    IF present IS NULL THEN
      RETURN;
    END IF;
    most := least(most, greatest(size, 1));
  END IF;

  IF size <= short THEN
    SELECT array_agg(f.row), array_agg(in_session), array_agg(f.source_number), array_agg(f.sequence),
           array_agg(f.rank)
      INTO found_rows, found_sessions, found_branches, found_sequences, found_ranks
      FROM (SELECT g.source_number, m.*
            FROM segments g
            CROSS JOIN LATERAL
              (SELECT m.sequence, m.ctid AS row,
                      CASE WHEN NOT newest AND NOT any_word
                           THEN ts_rank(place_weights, m.search,
                                        CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery THEN former.ranked
                                             ELSE wanted.ranked END, 1) END AS rank
               FROM messages m
               WHERE m.user_id = tenant AND m.branch_number = g.source_number
                 AND m.sequence BETWEEN g.first_sequence AND least(g.last_sequence, size)
                 -- Not the operator: the index would find the words of all sessions.
                 AND ts_match_vq(m.search, rows)
                 AND heddle_has_role(m.role, roles) AND (at_or_after IS NULL OR m.timestamp >= at_or_after)
                 AND (before IS NULL OR m.timestamp < before)
                 AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                          THEN heddle_search_has_terms(m.search, m.words, any_word, former.exact, former.singles,
                                                       former.patterns, former.beginnings, places)
                          ELSE heddle_search_has_terms(m.search, m.words, any_word, wanted.exact, wanted.singles,
                                                       wanted.patterns, wanted.beginnings, places) END
               ORDER BY m.sequence DESC LIMIT goal) m
            WHERE g.user_id = tenant AND g.branch_number = present
            ORDER BY m.sequence DESC LIMIT goal) f;
    ended := true;
  ELSIF NOT newest THEN
    -- Words that many of some messages have are looked for in order first.
    step := 250;
    SELECT CASE WHEN count(*) >= 25 THEN step ELSE 0 END INTO budget
      FROM (SELECT m.search FROM messages m WHERE m.user_id = tenant
            ORDER BY m.branch_number DESC, m.sequence DESC LIMIT 100) m
      WHERE ts_match_vq(m.search, rows);
  END IF;
  WHILE NOT ended AND cardinality(found_rows) < goal LOOP
    -- In order, also while most rows are found.
    WHILE NOT ended AND cardinality(found_rows) < goal
          AND (budget > 0 OR 4 * cardinality(found_rows) > seen) LOOP
      IF listed IS NULL THEN
        -- How many sessions an agent has decides.
        PERFORM set_config('plan_cache_mode', 'force_custom_plan', true),
                set_config('enable_sort', CASE WHEN of_agent IS NULL THEN 'off' ELSE 'on' END, true);
        OPEN listed FOR
          SELECT s.id, s.number, s.branch_number, s.last_sequence FROM sessions s
          WHERE s.user_id = tenant AND s.deleted_at IS NULL AND (of_agent IS NULL OR s.agent_id = of_agent)
            AND (in_session IS NULL OR s.id = in_session)
          ORDER BY s.updated_slot DESC, s.updated_at DESC, s.id DESC;
        PERFORM set_config('plan_cache_mode', 'force_generic_plan', true), set_config('enable_sort', 'on', true);
      ELSIF seen > 2000 THEN
        -- Planned for these terms, it takes less time for each message.
        PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
      END IF;
      ids := '{}';
      numbers := '{}';
      branches := '{}';
      firsts := '{}';
      lasts := '{}';
      -- No more than should be enough.
      chunk := least(step, greatest(250, (goal - cardinality(found_rows)) * greatest(seen, 1000)::double precision /
                                           greatest(cardinality(found_rows), 1)));
      room := chunk;
      WHILE room > 0 LOOP
        IF unread <= 0 THEN
          FETCH listed INTO session;
          IF NOT FOUND THEN
            ended := true;
            EXIT;
          END IF;
          unread := session.last_sequence;
          -- Looking for its messages costs as much as some rows do.
          room := room - 4;
          seen := seen + 4;
          CONTINUE WHEN unread <= 0;
        END IF;
        taken := least(unread, greatest(room, 100));
        ids := ids || session.id;
        numbers := numbers || session.number;
        branches := branches || session.branch_number;
        firsts := firsts || (unread - taken + 1);
        lasts := lasts || unread;
        unread := unread - taken;
        room := room - taken;
        seen := seen + taken;
      END LOOP;
      budget := budget - chunk + room;
      taken := cardinality(found_rows);
      -- A session has all that its present branch wrote. What it has of others may be found in another session.
      SELECT array_agg(g.source_number) INTO some_branches
        FROM unnest(branches) u (number)
        -- In order, and no join: as long as a table has no statistics, the planner would rather read all of the tenant.
        CROSS JOIN LATERAL (SELECT g.source_number FROM segments g
                            WHERE g.user_id = tenant AND g.branch_number = u.number AND g.source_number <> u.number
                            ORDER BY g.first_sequence OFFSET 0) g
        WHERE in_session IS NULL;
      SELECT array_agg(f.row), array_agg(f.id), array_agg(f.source_number), array_agg(f.sequence), array_agg(f.rank)
        INTO some_rows, some_sessions, some_branches, some_sequences, some_ranks
        FROM (SELECT p.id, p.source_number, m.*
              FROM (SELECT u.id, u.place, g.source_number,
                           greatest(u.first_sequence, g.first_sequence) AS first_sequence,
                           least(u.last_sequence, g.last_sequence) AS last_sequence
                    FROM unnest(ids, branches, firsts, lasts)
                           WITH ORDINALITY u (id, branch_number, first_sequence, last_sequence, place)
                    CROSS JOIN LATERAL
                      (SELECT g.* FROM segments g
                       WHERE g.user_id = tenant AND g.branch_number = u.branch_number
                         AND (in_session IS NOT NULL OR g.source_number = u.branch_number)
                         AND g.first_sequence <= u.last_sequence AND g.last_sequence >= u.first_sequence
                       ORDER BY g.first_sequence OFFSET 0) g
                    UNION ALL
                    SELECT u.id, u.place, g.source_number, greatest(u.first_sequence, g.first_sequence),
                           least(u.last_sequence, g.last_sequence)
                    FROM unnest(ids, numbers, branches, firsts, lasts)
                           WITH ORDINALITY u (id, number, branch_number, first_sequence, last_sequence, place)
                    JOIN heddle_sessions_of_branches(tenant, some_branches, of_agent) g
                      ON g.session_number = u.number AND g.source_number <> u.branch_number
                        AND g.first_sequence <= u.last_sequence AND g.last_sequence >= u.first_sequence
                    ORDER BY place, last_sequence DESC OFFSET 0) p
              CROSS JOIN LATERAL
                (SELECT m.sequence, m.ctid AS row,
                        CASE WHEN NOT newest AND NOT any_word
                             THEN ts_rank(place_weights, m.search,
                                          CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery THEN former.ranked
                                               ELSE wanted.ranked END, 1) END AS rank
                 FROM messages m
                 WHERE m.user_id = tenant AND m.branch_number = p.source_number
                   AND m.sequence BETWEEN p.first_sequence AND p.last_sequence
                   -- Not the operator: the index would find the words of all sessions for each.
                   AND ts_match_vq(m.search, rows)
                   AND heddle_has_role(m.role, roles) AND (at_or_after IS NULL OR m.timestamp >= at_or_after)
                   AND (before IS NULL OR m.timestamp < before)
                   AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                            THEN heddle_search_has_terms(m.search, m.words, any_word, former.exact, former.singles,
                                                         former.patterns, former.beginnings, places)
                            ELSE heddle_search_has_terms(m.search, m.words, any_word, wanted.exact, wanted.singles,
                                                         wanted.patterns, wanted.beginnings, places) END
                 ORDER BY m.sequence DESC LIMIT goal - taken) m
              ORDER BY p.place, m.sequence DESC LIMIT goal - taken) f;
      found_sessions := found_sessions || some_sessions;
      found_rows := found_rows || some_rows;
      found_branches := found_branches || some_branches;
      found_sequences := found_sequences || some_sequences;
      found_ranks := found_ranks || some_ranks;
      step := 2 * step;
    END LOOP;
    EXIT WHEN ended OR cardinality(found_rows) >= goal;

    -- By the index.
    PERFORM set_config('enable_bitmapscan', 'on', true);
    SELECT array_agg(f.branch_number), array_agg(f.sequence), array_agg(f.row)
      INTO some_branches, some_sequences, some_rows
      FROM (SELECT m.branch_number, m.sequence, m.ctid AS row
            FROM messages m
            -- Not `=`: as long as a table has no statistics, the planner would rather read all rows of the tenant.
            WHERE m.search @@ rows AND m.user_id IS NOT DISTINCT FROM tenant
              AND heddle_has_role(m.role, roles) AND (at_or_after IS NULL OR m.timestamp >= at_or_after)
              AND (before IS NULL OR m.timestamp < before)
              AND CASE WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                       THEN heddle_search_has_terms(m.search, m.words, any_word, former.exact, former.singles,
                                                    former.patterns, former.beginnings, places)
                       ELSE heddle_search_has_terms(m.search, m.words, any_word, wanted.exact, wanted.singles,
                                                    wanted.patterns, wanted.beginnings, places) END
            LIMIT most + 1) f;
    IF coalesce(cardinality(some_rows), 0) > most THEN
      most := 4 * most;
      budget := most;
      CONTINUE;
    END IF;
    are_ranked := newest;
    found_ranks := NULL;
    IF in_session IS NULL AND NOT newest AND coalesce(cardinality(some_rows), 0) < goal THEN
      found_rows := some_rows;
      EXIT;
    END IF;
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
    IF in_session IS NOT NULL THEN
      SELECT array_agg(f.row), array_agg(in_session), array_agg(f.branch_number), array_agg(f.sequence)
        INTO found_rows, found_sessions, found_branches, found_sequences
        FROM (SELECT f.* FROM unnest(some_branches, some_sequences, some_rows) f (branch_number, sequence, row)
              JOIN segments g ON g.user_id = tenant AND g.branch_number = present
                AND g.source_number = f.branch_number AND f.sequence BETWEEN g.first_sequence AND g.last_sequence
              ORDER BY f.sequence DESC LIMIT goal) f;
    ELSE
      SELECT array_agg(f.row), array_agg(f.id) FILTER (WHERE newest),
             array_agg(f.branch_number) FILTER (WHERE newest), array_agg(f.sequence) FILTER (WHERE newest)
        INTO found_rows, found_sessions, found_branches, found_sequences
        FROM (SELECT f.*, g.id
              FROM unnest(some_branches, some_sequences, some_rows) f (branch_number, sequence, row)
              -- There are fewer sessions than messages to be sorted by all of this.
              JOIN (SELECT g.*, s.id, dense_rank() OVER (ORDER BY s.updated_slot DESC, s.updated_at DESC, s.id DESC)
                      AS place
                    FROM heddle_sessions_of_branches(tenant, some_branches, of_agent) g
                    CROSS JOIN LATERAL (SELECT * FROM sessions s
                                        WHERE s.user_id = tenant AND s.number = g.session_number OFFSET 0) s) g
                ON g.source_number = f.branch_number AND f.sequence BETWEEN g.first_sequence AND g.last_sequence
              ORDER BY g.place, f.sequence DESC LIMIT goal) f;
    END IF;
    EXIT;
  END LOOP;
  IF listed IS NOT NULL THEN
    CLOSE listed;
  END IF;

  IF are_ranked THEN
    RETURN QUERY
      SELECT f.branch_number, f.sequence, f.session_id, CASE WHEN newest THEN 0 ELSE f.rank END,
             coalesce(NOT newest AND cardinality(found_rows) > candidates, false)
      FROM unnest(found_branches, found_sequences, found_sessions, found_ranks)
             WITH ORDINALITY f (branch_number, sequence, session_id, rank, place)
      WHERE newest OR candidates IS NULL OR f.place <= candidates
      ORDER BY CASE WHEN newest THEN f.place END, f.rank DESC, f.branch_number, f.sequence LIMIT max_rows OFFSET skip;
    RETURN;
  END IF;

  -- Planned for these terms, it takes less time for each message.
  IF cardinality(found_rows) > 200 THEN
    PERFORM set_config('plan_cache_mode', 'force_custom_plan', true);
  END IF;
  RETURN QUERY
    -- In this order already: whose session has a message is asked for no more of them than are returned, unless most
    -- are hidden. Most branches are the present ones of sessions, and of no other.
    SELECT f.branch_number, f.sequence, o.session_id, f.rank, coalesce(cardinality(found_rows) > candidates, false)
    FROM (SELECT m.branch_number, m.sequence,
                 CASE WHEN any_word THEN
                        (SELECT sum(t.weight * ts_rank(place_weights, m.search, t.ranked, 1))
                         FROM unnest(weights, ranks, phrases, patterns, of_former)
                                t (weight, ranked, phrase, pattern, of_former)
                         WHERE t.of_former = (any_former AND m.search @@ '''~u'':*'::tsquery)
                           AND (t.pattern IS NULL OR CASE WHEN m.words IS NULL THEN m.search @@ t.phrase
                                      ELSE heddle_search_words_in(m.words, places) LIKE t.pattern END))
                      WHEN any_former AND m.search @@ '''~u'':*'::tsquery
                      THEN ts_rank(place_weights, m.search, former.ranked, 1)
                      ELSE ts_rank(place_weights, m.search, wanted.ranked, 1) END::double precision AS rank
          FROM messages m
          -- Not `=`: the planner would rather read all rows of the tenant.
          WHERE m.user_id IS NOT DISTINCT FROM tenant
            AND m.ctid = ANY (found_rows[1:least(candidates, cardinality(found_rows))::integer])
          ORDER BY rank DESC, m.branch_number, m.sequence OFFSET 0) f
    CROSS JOIN LATERAL
      (SELECT coalesce(in_session,
                       (SELECT CASE WHEN s.deleted_at IS NULL AND (of_agent IS NULL OR s.agent_id = of_agent)
                                    THEN s.id END
                        FROM sessions s
                        -- Not a join: planned while the tables are empty, it reads all sessions of the tenant.
                        WHERE s.user_id = tenant
                          AND s.number = (SELECT w.session_number FROM branches w
                                          WHERE w.user_id = tenant AND w.number = f.branch_number
                                            AND w.hidden_at IS NULL)),
                       CASE WHEN EXISTS (SELECT FROM segments g
                                         WHERE g.user_id = tenant AND g.source_number = f.branch_number
                                           AND g.branch_number <> f.branch_number)
                            THEN heddle_session_of_message(tenant, f.branch_number, f.sequence, of_agent) END)
                AS session_id OFFSET 0) o
    WHERE o.session_id IS NOT NULL
    ORDER BY f.rank DESC, f.branch_number, f.sequence LIMIT max_rows OFFSET skip;
END
$$;
-- As for the earlier functions that run as the owner.
REVOKE EXECUTE ON FUNCTION heddle_find_messages(text, text, text, bigint, bigint, bigint, boolean, boolean, bigint,
                                                bigint, bigint) FROM PUBLIC;

-- Artifacts, with what a search looks at, which is one place: 15 stands for all of them. They are few, so the index finds
-- all that match.

-- The artifacts of a tenant that have all terms, or any: `wanted` and `former` are of heddle_search_wanted. The planner
-- puts it in place of the call.
CREATE FUNCTION heddle_artifacts_with_terms(tenant text, any_word boolean, any_former boolean, rows tsquery,
                                            exact tsquery, singles tsquery, patterns text[], former_exact tsquery,
                                            former_singles tsquery, former_patterns text[])
RETURNS TABLE (number bigint, id text, session_id text, source text, source_agent_id text, content_type text,
               created_at bigint, deleted_at bigint, search tsvector, words text)
LANGUAGE sql STABLE PARALLEL SAFE
BEGIN ATOMIC
  SELECT a.number, a.id, a.session_id, a.source, a.source_agent_id, a.content_type, a.created_at, a.deleted_at,
         a.search, a.words
  FROM artifacts a
  -- Not `=`: see heddle_find_messages.
  WHERE a.search @@ rows AND a.user_id IS NOT DISTINCT FROM tenant
    AND CASE WHEN any_former AND a.search @@ '''~u'':*'::tsquery
             THEN heddle_search_has_terms(a.search, a.words, any_word, former_exact, former_singles, former_patterns,
                                          NULL, 15)
             ELSE heddle_search_has_terms(a.search, a.words, any_word, exact, singles, patterns, NULL, 15) END;
END;

-- The artifacts that have all terms, or any, from `skip` on: the last created first; or the best of the first
-- `candidates` in that order, and whether there are `more`. Nothing restricts them where an argument is null.
CREATE FUNCTION heddle_find_artifacts(query text, in_session text, of_source text, of_agent text, of_type text,
                                      at_or_after bigint, before bigint, newest boolean, any_word boolean,
                                      candidates bigint, max_rows bigint, skip bigint)
RETURNS TABLE (id text, score double precision, more boolean)
LANGUAGE plpgsql STABLE SECURITY DEFINER ROWS 20
SET search_path FROM CURRENT
-- How many rows have a word decides its plan: no plan is right for all words.
SET plan_cache_mode = force_custom_plan
SET enable_seqscan = off
SET jit = off
AS $$
#variable_conflict use_column
DECLARE
  capped CONSTANT bigint := 10000;
  most_terms CONSTANT bigint := 256;
  endless CONSTANT bigint := 1::bigint << 40;
  tenant text := nullif(current_setting('heddle.user_id', true), '');
  any_former boolean;
  presents text[];
  formers text[];
  weights double precision[];
  wanted record;
  former record;
  rows tsquery;
  ranks tsquery[];
  phrases tsquery[];
  patterns text[];
  of_former boolean[];
BEGIN
  IF tenant IS NULL THEN
    RETURN;
  END IF;
  newest := coalesce(newest, false);
  any_word := coalesce(any_word, false);
  -- While the tenant has none of the former analysis, nothing is asked of it.
  PERFORM FROM artifacts f WHERE f.user_id = tenant AND f.search @@ '''~u'':*'::tsquery ORDER BY f.id LIMIT 1;
  any_former := FOUND;
  SELECT t.presents, t.formers INTO presents, formers FROM heddle_search_terms(query) t;
  IF NOT any_former THEN
    presents := array_remove(presents, NULL);
    formers := NULL;
  END IF;

  -- How rare words are, in this tenant's artifacts only. Counted where it decides something.
  IF any_word AND (NOT newest OR cardinality(array_remove(presents, NULL)) > most_terms) THEN
    SELECT array_agg(r.present ORDER BY r.place), array_agg(r.former ORDER BY r.place),
           array_agg(ln(1 + (r.artifacts - r.found + 1.5) / (r.found + 0.5)) ORDER BY r.place)
      INTO presents, formers, weights
      FROM (SELECT t.place, t.present, t.former, c.found, n.artifacts,
                   row_number() OVER (PARTITION BY t.present IS NULL ORDER BY c.found, t.place) AS rarity
            FROM (SELECT count(*)::double precision AS artifacts
                  FROM (SELECT FROM artifacts a WHERE a.user_id = tenant LIMIT capped) a) n
            CROSS JOIN unnest(presents, formers) WITH ORDINALITY t (present, former, place)
            CROSS JOIN LATERAL heddle_search_wanted(ARRAY[t.present], true, 15) w
            CROSS JOIN LATERAL heddle_search_wanted(ARRAY[t.former], true, 15) f
            CROSS JOIN LATERAL
              (SELECT count(*) AS found
               FROM (SELECT FROM heddle_artifacts_with_terms(tenant, true, any_former,
                                                             heddle_search_rows(tenant, w.rows, f.rows), w.exact,
                                                             w.singles, w.patterns, f.exact, f.singles, f.patterns)
                     LIMIT capped) a) c) r
      WHERE r.present IS NULL OR r.rarity <= most_terms;
  END IF;

  SELECT * INTO wanted FROM heddle_search_wanted(presents, any_word, 15);
  SELECT * INTO former FROM heddle_search_wanted(formers, any_word, 15);
  rows := heddle_search_rows(tenant, wanted.rows, former.rows);
  IF rows IS NULL THEN
    RETURN;
  END IF;
  IF any_word AND NOT newest THEN
    SELECT r.* INTO weights, ranks, phrases, patterns, of_former
      FROM heddle_search_ranks(presents, formers, weights, 15) r;
  END IF;

  RETURN QUERY
    WITH found AS MATERIALIZED (
      SELECT a.number, a.id, a.created_at, a.search, a.words,
             any_former AND a.search @@ '''~u'':*'::tsquery AS is_former
      FROM heddle_artifacts_with_terms(tenant, any_word, any_former, rows, wanted.exact, wanted.singles,
                                       wanted.patterns, former.exact, former.singles, former.patterns) a
      WHERE a.deleted_at IS NULL
        AND (a.session_id IS NULL OR a.session_id NOT IN (SELECT s.id FROM sessions s
                                                          WHERE s.user_id = tenant AND s.deleted_at IS NOT NULL))
        AND (in_session IS NULL OR a.session_id = in_session) AND (of_source IS NULL OR a.source = of_source)
        AND (of_agent IS NULL OR a.source_agent_id = of_agent) AND (of_type IS NULL OR a.content_type = of_type)
        AND (at_or_after IS NULL OR a.created_at >= at_or_after) AND (before IS NULL OR a.created_at < before)
      -- Nothing that is computed of a number is too large.
      ORDER BY a.created_at DESC, a.id DESC
      LIMIT CASE WHEN newest THEN least(max_rows, endless) + least(coalesce(skip, 0), endless)
                 ELSE least(candidates, endless) + 1 END)
    SELECT r.id, r.score, coalesce(NOT newest AND r.size > candidates, false)
    FROM (SELECT f.*, row_number() OVER (ORDER BY f.created_at DESC, f.id DESC) AS place, count(*) OVER () AS size,
                 CASE WHEN newest THEN 0
                      WHEN any_word THEN
                        (SELECT sum(t.weight * ts_rank(f.search, t.ranked, 1))
                         FROM unnest(weights, ranks, phrases, patterns, of_former)
                                t (weight, ranked, phrase, pattern, of_former)
                         WHERE t.of_former = f.is_former
                           AND (t.pattern IS NULL OR CASE WHEN f.words IS NULL THEN f.search @@ t.phrase
                                                          ELSE f.words LIKE t.pattern END))
                      WHEN f.is_former THEN ts_rank(f.search, former.ranked, 1)
                      ELSE ts_rank(f.search, wanted.ranked, 1) END::double precision AS score
          FROM found f) r
    WHERE newest OR candidates IS NULL OR r.place <= candidates
    ORDER BY CASE WHEN newest THEN r.place END, r.score DESC, r.number LIMIT max_rows OFFSET skip;
END
$$;
REVOKE EXECUTE ON FUNCTION heddle_find_artifacts(text, text, text, text, text, bigint, bigint, boolean, boolean,
                                                 bigint, bigint, bigint) FROM PUBLIC;
