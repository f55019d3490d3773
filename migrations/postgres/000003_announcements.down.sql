DROP FUNCTION heddle_announcement_topic(text);
DROP TABLE heddle_announcement_key;
