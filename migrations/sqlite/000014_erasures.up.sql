-- Erasures of tenants that have not ended. While one runs, the tenant has a row in `imports` with the digest 'erasure':
-- so the triggers there keep new data out.
CREATE TABLE erasures (
  user_id TEXT NOT NULL PRIMARY KEY,
  key TEXT NOT NULL,             -- a digest of the tenant and the idempotency key
  batch INTEGER NOT NULL,        -- counts its transactions
  files INTEGER,                 -- of the artifact directory; null: not counted yet
  bytes INTEGER,                 -- of these files
  started_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
-- The rows that it has removed, by table.
CREATE TABLE erasure_counts (
  user_id TEXT NOT NULL,
  name TEXT NOT NULL,
  removed INTEGER NOT NULL,
  PRIMARY KEY (user_id, name)
) STRICT, WITHOUT ROWID;

-- What is left of a tenant that was erased. It names the tenant by a digest only.
CREATE TABLE erasure_receipts (
  tenant TEXT NOT NULL,          -- the SHA-256 of the user
  key TEXT NOT NULL,             -- as in erasures
  counts TEXT NOT NULL,          -- a JSON object: rows by table
  files INTEGER NOT NULL,
  bytes INTEGER NOT NULL,
  started_at INTEGER NOT NULL,
  verified_at INTEGER NOT NULL,  -- nothing that was committed before is there any more
  digest TEXT,                   -- the SHA-256 of the receipt; null: not all bytes have left the files yet
  PRIMARY KEY (tenant, key)
) STRICT, WITHOUT ROWID;
