-- Every role that may connect to the database can hear and send notifications. So a topic tells those who do not know
-- the key below nothing, and none of them can make one: it is the HMAC-SHA256 of the tenant and the id.

-- Names in functions that run as the owner are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

-- One row: the key of this schema, as the two paddings of HMAC. Only the owner, and so the function below, sees it.
CREATE TABLE heddle_announcement_key (
  inner_key bytea NOT NULL,
  outer_key bytea NOT NULL
);
ALTER TABLE heddle_announcement_key ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY owner ON heddle_announcement_key FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);

DO $$
DECLARE
  key bytea := sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())) ||
               sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()));
  inner_key bytea := key;
  outer_key bytea := key;
BEGIN
  FOR i IN 0..63 LOOP
    inner_key := set_byte(inner_key, i, get_byte(key, i) # 54);
    outer_key := set_byte(outer_key, i, get_byte(key, i) # 92);
  END LOOP;
  INSERT INTO heddle_announcement_key VALUES (inner_key, outer_key);
END
$$;

-- The topic of a record of the present tenant; null without a tenant. No text contains the zero byte between the two.
CREATE FUNCTION heddle_announcement_topic(id text) RETURNS text
LANGUAGE plpgsql STABLE STRICT SECURITY DEFINER
SET search_path FROM CURRENT
AS $$
DECLARE
  tenant text := nullif(current_setting('heddle.user_id', true), '');
BEGIN
  RETURN (SELECT encode(sha256(outer_key || sha256(inner_key || convert_to(tenant, 'UTF8') || '\x00'::bytea ||
                                                   convert_to(id, 'UTF8'))), 'hex')
          FROM heddle_announcement_key);
END
$$;
REVOKE EXECUTE ON FUNCTION heddle_announcement_topic(text) FROM PUBLIC;
