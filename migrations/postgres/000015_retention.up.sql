-- For the removal of what is old: the records of a tenant in the order of their times. Open requests stay.
CREATE INDEX memory_snapshots_by_time ON memory_snapshots (user_id, created_at, id);
CREATE INDEX human_requests_settled ON human_requests (user_id, created_at, id) WHERE status <> 'pending';
CREATE INDEX branches_hidden ON branches (user_id, hidden_at, number)
  WHERE hidden_at IS NOT NULL AND session_number IS NOT NULL;
