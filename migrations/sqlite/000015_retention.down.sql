DROP INDEX branches_hidden;
DROP INDEX human_requests_settled;
DROP INDEX memory_snapshots_by_time;
