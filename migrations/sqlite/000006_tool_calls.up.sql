-- The calls of tools in messages, and the results to them: one short row each, so that open calls are found without
-- reading messages.
CREATE TABLE tool_links (
  key INTEGER NOT NULL REFERENCES messages (key) ON DELETE CASCADE,
  position INTEGER NOT NULL,   -- in the message: a call has its place in tool_calls, results are behind all calls
  call_id TEXT NOT NULL,       -- the provider's; some give none
  is_result INTEGER NOT NULL,  -- 1: a result; 0: a call; 2: a redacted call
  PRIMARY KEY (key, position)
) STRICT, WITHOUT ROWID;

INSERT INTO tool_links
  SELECT m.key, c.key, coalesce(json_extract(c.value, '$.id'), ''), 0 FROM messages m, json_each(m.tool_calls) c
    WHERE m.tool_calls IS NOT NULL AND json_valid(m.tool_calls);
INSERT INTO tool_links
  SELECT key, coalesce(json_array_length(tool_calls), 0), tool_use_id, 1 FROM messages
    WHERE (tool_use_id <> '' OR tool_result IS NOT NULL) AND (tool_calls IS NULL OR json_valid(tool_calls));
-- The first result of a message with parts has columns of its own; the others are in `parts`.
INSERT OR IGNORE INTO tool_links
  SELECT key, calls + number - 1, CASE number WHEN 1 THEN first_id ELSE coalesce(id, '') END, 1
    FROM (SELECT m.key AS key, coalesce(json_array_length(m.tool_calls), 0) AS calls, m.tool_use_id AS first_id,
                 json_extract(p.value, '$.call_id') AS id,
                 row_number() OVER (PARTITION BY m.key ORDER BY p.key) AS number
            FROM messages m, json_each(m.parts) p
            WHERE m.parts IS NOT NULL AND json_valid(m.parts) AND (m.tool_calls IS NULL OR json_valid(m.tool_calls))
              AND json_extract(p.value, '$.kind') = 'tool_result');
