#pragma once

#include "support/migrated_database.hpp"
#include "support/raw_postgres.hpp"

#include <string>
#include <vector>

namespace distribution {

/// A migrated database whose tables of tenants PostgreSQL itself divides into shards by user_id, as a distributed
/// engine would divide them among its nodes, with all keys, triggers and functions. As there, the plan of a statement
/// has only the shard of the tenant that the statement names for a table, and all shards if it names none: the locks of
/// a transaction tell which.
class DividedDatabase {
 public:
  DividedDatabase() {
    raw_.execute(R"sql(
DO $divide$
DECLARE
  tables text[] := (SELECT array_agg(c.relname::text) FROM pg_class c
                    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'user_id' AND NOT a.attisdropped
                    WHERE c.relnamespace = 'public'::regnamespace AND c.relkind = 'r');
  later text[];
  each text;
BEGIN
  -- What has to be made anew: a function whose body is parsed already would go on with the tables that it knows.
  SELECT array_agg(made ORDER BY step) INTO later FROM (
    SELECT 1, format('ALTER TABLE %s ADD %s', conrelid::regclass, pg_get_constraintdef(oid)) FROM pg_constraint
      WHERE connamespace = 'public'::regnamespace AND contype = 'f'
    UNION ALL
    SELECT 2, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
    UNION ALL
    SELECT 3, pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosqlbody IS NOT NULL
  ) AS all_of_them (step, made);
  CREATE SCHEMA undivided;
  FOREACH each IN ARRAY tables LOOP
    EXECUTE format('ALTER TABLE %I SET SCHEMA undivided', each);
    -- Refuses a primary or unique key without user_id.
    EXECUTE format('CREATE TABLE %I (LIKE undivided.%I INCLUDING ALL) PARTITION BY HASH (user_id)', each, each);
    FOR shard IN 0..3 LOOP
      EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES WITH (MODULUS 4, REMAINDER %s)', each || '_' || shard,
                     each, shard);
    END LOOP;
  END LOOP;
  FOREACH each IN ARRAY later LOOP
    EXECUTE each;
  END LOOP;
  GRANT ALL ON ALL TABLES IN SCHEMA public TO heddle_owner;
END
$divide$)sql");
    // A plan for any values has all shards, and chooses when it runs.
    raw_.execute("ALTER DATABASE " + database_.database().name() + " SET plan_cache_mode = force_custom_plan");
    raw_.execute("SET plan_cache_mode = force_custom_plan");
  }

  /// Returns a superuser's connection. Its policies do not apply, so a tenant is named by statements or not at all.
  support::RawPostgres& raw() noexcept { return raw_; }

  /// Returns a configuration for the superuser.
  [[nodiscard]] heddle::postgres::Config config() {
    heddle::postgres::Config config = database_.config();
    config.dsn = database_.database().superuser_dsn();
    config.allow_role_without_row_security = true;
    return config;
  }

  /// Returns the tables of which the present transaction of `raw` has looked into shards of other tenants.
  std::vector<std::string> tables_across_shards(const std::string& user) {
    return raw_.texts(
        "SELECT DISTINCT t.relname FROM pg_locks l JOIN pg_class c ON c.oid = l.relation "
        "JOIN pg_inherits i ON i.inhrelid = c.oid JOIN pg_class t ON t.oid = i.inhparent AND t.relkind = 'p' "
        "WHERE l.pid = pg_backend_pid() AND NOT satisfies_hash_partition(t.oid, 4, right(c.relname, 1)::integer, '" +
        user + "'::text COLLATE \"C\") ORDER BY 1");
  }

 private:
  support::MigratedDatabase database_;
  support::RawPostgres raw_{database_.database().superuser_dsn()};
};

}  // namespace distribution
