DROP INDEX sql_results_of_all_by_expiry;
DROP INDEX sql_results_by_time;
DROP INDEX human_requests_by_urgency;
ALTER TABLE human_requests DROP COLUMN urgency;
ALTER TABLE human_requests DROP COLUMN parameters;
ALTER TABLE human_requests DROP COLUMN summary;
ALTER TABLE human_requests DROP COLUMN kind;
-- Earlier versions know no cancelled request.
UPDATE human_requests SET status = 'timeout' WHERE status = 'cancelled';
