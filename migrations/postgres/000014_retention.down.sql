DROP INDEX branches_hidden;
DROP INDEX human_requests_by_time;
DROP INDEX memory_snapshots_by_time;
