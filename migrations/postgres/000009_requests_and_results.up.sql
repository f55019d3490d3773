-- What a request to a human is about, in members of its own. Null where they are not used.
ALTER TABLE human_requests ADD COLUMN kind text;
ALTER TABLE human_requests ADD COLUMN summary text;
ALTER TABLE human_requests ADD COLUMN parameters text;
-- One number orders requests by priority, then by age, most urgent first: 2^60 microseconds are more than the years 1 to
-- 9999, so that each priority has a range of its own.
ALTER TABLE human_requests ADD COLUMN urgency bigint GENERATED ALWAYS AS (
  created_at - 1152921504606846976 *
  CASE priority WHEN 'critical' THEN 2 WHEN 'high' THEN 1 WHEN 'normal' THEN 0 ELSE -1 END) STORED;
CREATE INDEX human_requests_by_urgency ON human_requests (user_id, urgency, id) WHERE status = 'pending';

-- For the list of a tenant's results, and for the removal of those of all tenants whose time is over.
CREATE INDEX sql_results_by_time ON sql_results (user_id, stored_at, id);
CREATE INDEX sql_results_of_all_by_expiry ON sql_results (expires_at);
