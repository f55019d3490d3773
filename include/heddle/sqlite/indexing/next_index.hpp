// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/statements/rebuilding.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

namespace heddle::sqlite::indexing {

/// The index of messages that is made anew by another version of the analysis beside the one that is searched. Each
/// function is to be called in a transaction; one that is killed has done nothing.
template <class Connection>
class NextIndex {
 public:
  /// Begins with an empty one. Another version may have begun one: that is given up.
  static void begin(Connection& connection) {
    const std::int64_t total = rows(connection);
    connection.execute(Statements::drop_next);
    connection.execute(Statements::next_like(definition(connection)));
    connection.execute(Statements::begin(total));
  }

  /// Puts it in the place of the index that is searched.
  static void replace(Connection& connection) {
    connection.begin_erasing();
    connection.execute(Statements::replace);
  }

  /// Gives up the index that is searched, whose rules the program does not have: so it can take nothing out of it. All
  /// messages wait for a new one then. Precondition: no former one is left.
  static void start_over(Connection& connection) {
    begin(connection);
    connection.execute(Statements::queue_all);
    replace(connection);
  }

  /// Removes some of a former index; returns true if nothing is left of it.
  static bool remove_former(Connection& connection) {
    const connection::Running remove(connection, sql::statements<Statements>().remove_former);
    const std::int64_t before = sqlite3_total_changes64(connection.handle());
    remove->integer(former_rows);
    static_cast<void>(remove->step());
    return sqlite3_total_changes64(connection.handle()) - before < former_rows;
  }

 private:
  using Statements = RebuildingStatements;

  static std::string definition(Connection& connection) {
    const connection::Running row(connection, sql::statements<Statements>().definition);
    return row->step() ? std::string(std::as_const(*row).text(0)) : std::string();
  }

  /// How many messages the index has, for the progress only: FTS5 does not document where it counts them.
  static std::int64_t rows(Connection& connection) {
    const connection::Running row(connection, sql::statements<Statements>().counts);
    if (!row->step()) { return 0; }
    std::int64_t count = 0;
    // A varint of SQLite that is not the longest: seven bits in each byte, the last of which is less than 128.
    for (const std::byte part : std::as_const(*row).blob(0)) {
      count = (count << 7U) | (std::to_integer<std::int64_t>(part) & 127);
      if (std::to_integer<int>(part) < 128) { break; }
    }
    return count;
  }
};

}  // namespace heddle::sqlite::indexing
