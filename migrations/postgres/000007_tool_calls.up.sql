-- The calls of tools in messages, and the results to them: one short row each, so that open calls are found without
-- reading messages.
CREATE TABLE tool_links (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  branch_number bigint NOT NULL,
  sequence bigint NOT NULL,
  position bigint NOT NULL,   -- in the message: a call has its place in tool_calls, results are behind all calls
  call_id text COLLATE "C" NOT NULL,  -- the provider's; some give none
  is_result bigint NOT NULL,  -- 1: a result; 0: a call; 2: a redacted call
  PRIMARY KEY (user_id, branch_number, sequence, position),
  FOREIGN KEY (user_id, branch_number, sequence) REFERENCES messages (user_id, branch_number, sequence)
    ON DELETE CASCADE
);
ALTER TABLE tool_links ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tool_links FOR ALL TO PUBLIC
  USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
  WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''));
CREATE POLICY owner ON tool_links FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);

-- Only the ids are read as texts: what a model wrote beside them can be JSON with escapes that no text can have. Stored
-- JSON has its members in this order.
INSERT INTO tool_links
  SELECT m.user_id, m.branch_number, m.sequence, c.place - 1,
         coalesce(('[' || substring(c.value::text FROM '^\{"id":("(?:[^"\\]|\\.)*")') || ']')::json ->> 0, ''), 0
    FROM messages m, json_array_elements(m.tool_calls::json) WITH ORDINALITY c (value, place)
    WHERE m.tool_calls IS NOT NULL;
INSERT INTO tool_links
  SELECT user_id, branch_number, sequence, coalesce(json_array_length(tool_calls::json), 0), tool_use_id, 1
    FROM messages WHERE tool_use_id <> '' OR tool_result IS NOT NULL;
-- The first result of a message with parts has columns of its own; the others are in `parts`.
INSERT INTO tool_links
  SELECT user_id, branch_number, sequence, calls + number - 1,
         CASE number WHEN 1 THEN first_id ELSE coalesce(('[' || id || ']')::json ->> 0, '') END, 1
    FROM (SELECT m.user_id, m.branch_number, m.sequence, coalesce(json_array_length(m.tool_calls::json), 0) AS calls,
                 m.tool_use_id AS first_id, substring(p.value::text FROM '"call_id":("(?:[^"\\]|\\.)*")') AS id,
                 row_number() OVER (PARTITION BY m.user_id, m.branch_number, m.sequence ORDER BY p.place) AS number
            FROM messages m, json_array_elements(m.parts::json) WITH ORDINALITY p (value, place)
            WHERE m.parts IS NOT NULL AND p.value::text LIKE '{"kind":"tool\_result"%') results
    ON CONFLICT DO NOTHING;
