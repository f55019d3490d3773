DROP FUNCTION heddle_find_artifacts(text, text, text, text, text, bigint, bigint, boolean, boolean, bigint, bigint,
                                    bigint);
DROP FUNCTION heddle_artifacts_with_terms(text, boolean, boolean, tsquery, tsquery, tsquery, text[], tsquery, tsquery,
                                          text[]);
DROP FUNCTION heddle_find_messages(text, text, text, bigint, bigint, bigint, boolean, boolean, bigint, bigint, bigint);
DROP FUNCTION heddle_sessions_of_branches(text, bigint[], text);
DROP FUNCTION heddle_has_role(text, bigint);
DROP FUNCTION heddle_search_ranks(text[], text[], double precision[], bigint);
DROP FUNCTION heddle_search_has_terms(tsvector, text, boolean, tsquery, tsquery, text[], text[], bigint);
DROP FUNCTION heddle_search_has_terms_in(tsvector, text, boolean, tsquery, text[], text[], bigint);
DROP FUNCTION heddle_search_wanted(text[], boolean, bigint);
DROP FUNCTION heddle_search_words_in(text, bigint);
DROP FUNCTION heddle_search_term_in(text, bigint);
DROP FUNCTION heddle_search_is_in(text, bigint);
DROP FUNCTION heddle_search_places(text);
DROP FUNCTION heddle_search_pattern(text);
DROP FUNCTION heddle_search_word_pattern(text);
DROP FUNCTION heddle_search_term(text, text);
DROP FUNCTION heddle_search_terms(text);
