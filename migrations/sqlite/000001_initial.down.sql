DROP TABLE idempotency_keys;
DROP TABLE human_requests;
DROP TABLE sql_result_images;
DROP TABLE sql_results;
DROP TABLE artifacts_search;
DROP TABLE artifacts;
DROP TABLE agent_errors;
DROP TABLE memory_snapshots;
DROP TABLE tool_executions;
-- Without its trigger first, dropping the sessions would look for messages that are gone already.
DROP TRIGGER sessions_deleted;
DROP TABLE messages_search;
DROP TABLE messages;
DROP TABLE sessions;
