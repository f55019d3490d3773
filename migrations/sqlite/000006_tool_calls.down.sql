-- The calls and results are in the messages, but for those of redacted ones.
DROP TABLE tool_links;
