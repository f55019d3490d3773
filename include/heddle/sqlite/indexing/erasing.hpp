// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/run_statement.hpp"
#include "heddle/sqlite/statements/erasure.hpp"

#include <sqlite3.h>

#include <cstdint>

namespace heddle::sqlite::indexing {

/// Makes removed words leave the index of messages, which FTS5 only marks, by merging all its segments in steps.
template <class Connection>
struct Erasing {
  /// Goes on with the merge, which leaves out what was removed; returns true if it is at its end. `erasure` is what the
  /// migration `erasure` describes. Precondition: nothing waits to be removed.
  static bool go_on(Connection& connection, std::int64_t erasure) {
    const auto& sql = sql::statements<ErasureStatements<>>();
    constexpr std::int64_t under_way = 1;
    constexpr std::int64_t done = 0;
    if (erasure == 2) {
      run_statement(connection, sql.begin_merge);
      run_statement(connection, sql.set, under_way);
      return false;
    }
    const std::int64_t before = sqlite3_total_changes64(connection.handle());
    run_statement(connection, sql.merge);
    // FTS5 documents that a merge that changes less than two rows had nothing left to do.
    if (sqlite3_total_changes64(connection.handle()) - before >= 2) { return false; }
    run_statement(connection, sql.set, done);
    return true;
  }
};

}  // namespace heddle::sqlite::indexing
