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
  /// Goes on with the merge, which leaves out what was removed; returns true if nothing is owed any more. `erasure` is
  /// what the migration `erasure` describes, or `owed_again`. Precondition: nothing waits to be removed.
  static bool go_on(Connection& connection, std::int64_t erasure) {
    const auto& sql = sql::statements<ErasureStatements<>>();
    if (erasure == owed) {
      // FTS5 keeps in memory what this transaction has removed, and would write it behind the segments that the merge
      // takes in. It writes it at a savepoint.
      connection.execute("SAVEPOINT words; RELEASE words");
      run_statement(connection, sql.begin_merge);
      run_statement(connection, sql.set, under_way);
      return false;
    }
    const std::int64_t before = sqlite3_total_changes64(connection.handle());
    run_statement(connection, sql.merge);
    // FTS5 documents that a merge that changes less than two rows had nothing left to do.
    if (sqlite3_total_changes64(connection.handle()) - before >= 2) { return false; }
    run_statement(connection, sql.set, erasure == owed_again ? owed : nothing);
    return erasure != owed_again;
  }

 private:
  static constexpr std::int64_t nothing = 0;
  static constexpr std::int64_t under_way = 1;
  static constexpr std::int64_t owed = 2;
  /// A merge is under way, and more was removed since it began. It goes on, and then another one begins: if each
  /// removal began it anew, it would never end where texts are removed all the time.
  static constexpr std::int64_t owed_again = 3;
};

}  // namespace heddle::sqlite::indexing
