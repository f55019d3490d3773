-- Only while no import is under way: fails otherwise, with the name of this constraint.
CREATE TABLE heddle_imports_down (
  imports INTEGER CONSTRAINT end_or_abort_imports_first CHECK (imports = 0)
);
INSERT INTO heddle_imports_down SELECT count(*) FROM imports;
DROP TABLE heddle_imports_down;

DROP TRIGGER sessions_await_import;
DROP TRIGGER agent_errors_await_import;
DROP TRIGGER artifacts_await_import;
DROP TRIGGER sql_results_await_import;
DROP TRIGGER human_requests_await_import;
DROP TABLE import_numbers;
DROP TABLE imports;
