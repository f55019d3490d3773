// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/driver.hpp"

#include <string>

namespace heddle::postgres::migrations {

/// Returns who holds the migration lock of a schema, or else locks on its tables, as the end of a sentence; empty if no
/// other process does.
[[nodiscard]] inline std::string lock_holders(pqxx::transaction_base& transaction, const std::string& schema) {
  return libpq::execute(
             transaction,
             "SELECT coalesce(': ' || string_agg('process ' || pid || ' (' || application_name || ') holds ' || what, "
             "', '), '') FROM (SELECT DISTINCT pid, application_name, coalesce('a lock on ' || relname, 'it') AS what, "
             "rank() OVER (ORDER BY locktype) AS place FROM pg_locks JOIN pg_stat_activity USING (pid) "
             "LEFT JOIN pg_class c ON c.oid = relation WHERE granted AND pid <> pg_backend_pid() AND "
             "database = (SELECT oid FROM pg_database WHERE datname = current_database()) AND "
             "(locktype = 'advisory' AND objsubid = 1 AND (classid::bigint << 32) | objid::bigint = "
             "hashtextextended('heddle_migrations ' || $1, 0) OR locktype = 'relation' AND c.relkind IN ('r', 'p') AND "
             "c.relnamespace = to_regnamespace(quote_ident($1))) ORDER BY place, pid LIMIT 5) AS holders "
             "WHERE place = 1",
             schema)[0][0]
      .c_str();
}

}  // namespace heddle::postgres::migrations
