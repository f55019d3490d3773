// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/hidden_by_import.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <string>
#include <string_view>

namespace heddle::sql {

/// The conditions that exclude hidden sessions, which every dialect's Sql has.
struct HidingSql {
  /// Follows a condition: excludes the rows of hidden sessions. The table has `user_id` and `session_id`.
  static std::string visible(std::string_view table) {
    return " AND NOT EXISTS (" + hidden_session_of(table, "sessions hidden") + ")";
  }
  /// Follows a condition: excludes hidden sessions. The table is `sessions`, or an alias of it.
  static std::string shown(std::string_view table) {
    return std::string(" AND ").append(table).append(".deleted_at IS NULL");
  }

 protected:
  /// The session of a row, if it is hidden. `from` names the sessions `hidden`.
  static std::string hidden_session_of(std::string_view table, std::string_view from) {
    const std::string name(table);
    return std::string("SELECT 1 FROM ").append(from) + " WHERE hidden.user_id = " + name +
           ".user_id AND hidden.id = " + name + ".session_id AND hidden.deleted_at IS NOT NULL";
  }
};

/// The statements that hide sessions and show them again.
template <class Sql>
struct SoftDeletionStatements {
  using Text = std::string_view;

  /// Parameters: user, session, time. Hides the session.
  Statement<NoRow, Text, Text, Timestamp> soft_remove{"UPDATE sessions SET deleted_at = " + Sql::present("?3") +
                                                      " WHERE user_id = ?1 AND id = ?2 AND deleted_at IS NULL"};
  /// Parameters: user, session. Shows a hidden session again, but none of an import that has not ended.
  Statement<NoRow, Text, Text> restore{
      "UPDATE sessions SET deleted_at = NULL WHERE user_id = ?1 AND id = ?2 AND deleted_at < " +
      std::to_string(hidden_by_import)};
};

}  // namespace heddle::sql
