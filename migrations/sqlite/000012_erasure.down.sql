ALTER TABLE search_state DROP COLUMN scrubs;
ALTER TABLE search_state DROP COLUMN rewrite;
ALTER TABLE search_state DROP COLUMN erasure;
