-- Erasures of tenants that have not ended. While one runs, the tenant has a row in `imports` with the digest 'erasure':
-- so the triggers there keep new data out.
CREATE TABLE erasures (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> '') PRIMARY KEY,
  key text NOT NULL,            -- a digest of the tenant and the idempotency key
  batch bigint NOT NULL,        -- counts its transactions
  files bigint,                 -- of the artifact directory; null: not counted yet
  bytes bigint,                 -- of these files
  started_at bigint NOT NULL
);
-- The rows that it has removed, by table.
CREATE TABLE erasure_counts (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  name text COLLATE "C" NOT NULL,
  removed bigint NOT NULL,
  PRIMARY KEY (user_id, name)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['erasures', 'erasure_counts'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

-- What is left of a tenant that was erased. It names the tenant by a digest only, and so do the policies: each tenant
-- sees its own receipts.
CREATE TABLE erasure_receipts (
  tenant text COLLATE "C" NOT NULL,  -- the SHA-256 of the user
  key text COLLATE "C" NOT NULL,     -- as in erasures
  counts text NOT NULL,              -- a JSON object: rows by table
  files bigint NOT NULL,
  bytes bigint NOT NULL,
  started_at bigint NOT NULL,
  verified_at bigint NOT NULL,       -- nothing that was committed before is there any more
  digest text,                       -- the SHA-256 of the receipt; null: it is not complete yet
  PRIMARY KEY (tenant, key)
);
ALTER TABLE erasure_receipts ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON erasure_receipts FOR ALL TO PUBLIC
  USING (tenant = encode(sha256(convert_to(nullif(current_setting('heddle.user_id', true), ''), 'UTF8')), 'hex'))
  WITH CHECK (tenant = encode(sha256(convert_to(nullif(current_setting('heddle.user_id', true), ''), 'UTF8')), 'hex'));
CREATE POLICY owner ON erasure_receipts FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true);
