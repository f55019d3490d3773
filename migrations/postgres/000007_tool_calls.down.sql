-- The calls and results are in the messages.
DROP TABLE tool_links;
