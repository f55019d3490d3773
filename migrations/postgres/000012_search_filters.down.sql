DROP FUNCTION heddle_find_artifacts(text, text, text, text, text, bigint, bigint, boolean, boolean, bigint, bigint,
                                    bigint);
DROP FUNCTION heddle_artifacts_with_terms(text, boolean, boolean, tsquery, tsquery, tsquery, text[], tsquery, tsquery,
                                          text[]);
DROP FUNCTION heddle_find_messages(text, text, text, bigint, bigint, bigint, boolean, boolean, bigint, bigint, bigint);
DROP FUNCTION heddle_sessions_of_branches(text, bigint[], text);
DROP FUNCTION heddle_has_role(text, bigint);
DROP FUNCTION heddle_search_ranks(text[], text[], double precision[]);
DROP FUNCTION heddle_search_has_terms(tsvector, text, boolean, tsquery, tsquery, text[]);
DROP FUNCTION heddle_search_wanted(text[], boolean);
DROP FUNCTION heddle_search_pattern(text);
DROP FUNCTION heddle_search_term(text, text);
DROP FUNCTION heddle_search_terms(text);
