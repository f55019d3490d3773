-- Only while no import is under way.
DO $$
BEGIN
  IF EXISTS (SELECT FROM imports) THEN
    RAISE 'imports have not ended: end or abort them first';
  END IF;
END
$$;

DROP TRIGGER sessions_await_import ON sessions;
DROP TRIGGER agent_errors_await_import ON agent_errors;
DROP TRIGGER artifacts_await_import ON artifacts;
DROP TRIGGER sql_results_await_import ON sql_results;
DROP TRIGGER human_requests_await_import ON human_requests;
DROP FUNCTION heddle_await_import();
DROP TABLE import_numbers;
DROP TABLE imports;
DROP FUNCTION heddle_begin_import();
