-- Imports of tenants that have not ended. What an import writes is hidden until its end: sessions and artifacts bear a
-- time of deletion beyond all times; records that belong to no session belong to a hidden session of the import.

-- Names in functions are looked up here and nowhere else.
DO $$
BEGIN
  PERFORM set_config('search_path', quote_ident(current_schema()) || ', pg_temp', true);
END
$$;

CREATE TABLE imports (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> '') PRIMARY KEY,
  digest text NOT NULL,         -- the SHA-256 of the stream
  line bigint NOT NULL,         -- the last line of the stream that is stored
  writing bigint NOT NULL,      -- 1: in the transactions of the import; 0 for all others
  aborting bigint NOT NULL,     -- 1: what it has written is being removed
  started_at bigint NOT NULL
);
-- What a place in the stream has become: the number of a session, a branch, a summary or a content; the parent that a
-- session gets at the end; the ids of results and keys that were new.
CREATE TABLE import_numbers (
  user_id text COLLATE "C" NOT NULL CHECK (user_id <> ''),
  kind text COLLATE "C" NOT NULL,
  place bigint NOT NULL,
  number bigint NOT NULL,
  name text COLLATE "C",
  PRIMARY KEY (user_id, kind, place)
);

DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['imports', 'import_numbers'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY', name);
    EXECUTE format($policy$
      CREATE POLICY tenant ON %I FOR ALL TO PUBLIC
        USING (user_id = nullif(current_setting('heddle.user_id', true), ''))
        WITH CHECK (user_id = nullif(current_setting('heddle.user_id', true), ''))$policy$, name);
    EXECUTE format('CREATE POLICY owner ON %I FOR ALL TO CURRENT_USER USING (true) WITH CHECK (true)', name);
  END LOOP;
END
$$;

-- Nothing new gets into a tenant but by its import. After the insertion: a row that is there already is no new one.
-- The lock: an import that begins waits for the transactions that have inserted something, and then sees it; those that
-- insert something later wait for its first transaction, and then see that it has begun.
CREATE FUNCTION heddle_await_import() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock_shared(hashtextextended(current_schema() || ' imports ' || NEW.user_id, 0));
  IF EXISTS (SELECT FROM imports WHERE user_id = NEW.user_id AND writing = 0) THEN
    RAISE EXCEPTION 'an import of this tenant has not ended' USING ERRCODE = 'HD001';
  END IF;
  RETURN NULL;
END
$$;
CREATE FUNCTION heddle_begin_import() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(current_schema() || ' imports ' || NEW.user_id, 0));
  RETURN NEW;
END
$$;
CREATE TRIGGER imports_begin BEFORE INSERT ON imports FOR EACH ROW EXECUTE FUNCTION heddle_begin_import();
DO $$
DECLARE
  name text;
BEGIN
  FOREACH name IN ARRAY ARRAY['sessions', 'agent_errors', 'artifacts', 'sql_results', 'human_requests'] LOOP
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I FOR EACH ROW EXECUTE FUNCTION heddle_await_import()',
                   name || '_await_import', name);
  END LOOP;
END
$$;
