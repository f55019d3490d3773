// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/admin.hpp"
#include "heddle/sqlite/statements/sql.hpp"
#include "heddle/time.hpp"

#include <cstdint>

namespace heddle::sqlite {

/// The statements of administration, across all tenants of a file.
struct AdminStatements : sql::AdminStatements<Sql> {
  /// Fewer than elsewhere: no other call can write meanwhile.
  static constexpr std::int64_t purge_batch = 10;

  /// A process that has opened a file sees all of it.
  sql::Statement<std::int64_t> sees_all_tenants{"SELECT 1"};
  /// Parameters: now, an earlier time, limit. Deletes sessions of all tenants that were hidden before the earlier time,
  /// with everything that belongs to them, first those hidden first; returns the deleted ids.
  sql::Statement<sql::OwnedId, Timestamp, Timestamp, std::int64_t> purge_deleted{
      "DELETE FROM sessions WHERE number IN (SELECT number FROM sessions WHERE deleted_at <= " + Sql::present("?1") +
      " - (?1 - ?2) ORDER BY deleted_at LIMIT ?3) RETURNING user_id, id"};
  /// No row before the first migration.
  sql::Statement<sql::TableRights> table_rights{
      "SELECT name, 1, 1, 1 FROM sqlite_schema WHERE type = 'table' AND name = 'sessions'"};
};

}  // namespace heddle::sqlite
