// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/session_list.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/stream_columns.hpp"
#include "heddle/sql/time_window.hpp"

#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements that list sessions with their columns: one for each index that can find them, and each order.
template <class Sql>
struct SessionListStatements {
  /// Parameters: user, conditions, window.
  using List = Statement<SessionSummary, std::string_view, Fields<SessionConditions>, Fields<TimeWindow>>;

  List newest{list("", Sql::last_updated_first(), "<")};
  List oldest{list("", Sql::first_updated_first(), ">")};
  List newest_of_agent{list(equals_agent(), "updated_at DESC, id DESC", "<")};
  List oldest_of_agent{list(equals_agent(), "updated_at, id", ">")};
  List newest_of_parent{list(equals_parent(), "updated_at DESC, id DESC", "<")};
  List oldest_of_parent{list(equals_parent(), "updated_at, id", ">")};

 private:
  template <auto Member>
  static std::string value() {
    return placeholder<SessionConditions, Member>(2);
  }
  static std::string equals_agent() { return " AND s.agent_id = " + value<&SessionConditions::agent_id>(); }
  static std::string equals_parent() {
    return " AND s.parent_session_id = " + value<&SessionConditions::parent_session_id>();
  }
  /// The condition holds if its parameter is null.
  static std::string unless_null(const std::string& parameter, const std::string& condition) {
    return " AND (" + parameter + " IS NULL OR " + condition + ")";
  }
  /// The start of the text of the last message, which an ancestor of the present branch may have written.
  static std::string preview() {
    return "coalesce((SELECT substr(" + streams::content<Sql>("m") + ", 1, 200)" +
           Sql::from_segment(
               "g.branch_number = s.branch_number AND g.first_sequence <= s.last_sequence AND "
               "g.last_sequence >= s.last_sequence",
               "s.last_sequence") +
           "), '')";
  }
  static std::string list(const std::string& found_by, const std::string& order, const std::string& after) {
    const WindowSql window(2 + width<SessionConditions>());
    const std::string agent = value<&SessionConditions::agent_id>();
    const std::string parent = value<&SessionConditions::parent_session_id>();
    const std::string name = value<&SessionConditions::name_contains>();
    const std::string context = value<&SessionConditions::context>();
    return "SELECT " + columns<SessionSummary>("s.", {computed<&SessionSummary::preview>(preview())}) +
           " FROM sessions s WHERE s.user_id = ?1" + found_by + " AND (s.updated_at, s.id) " + after + " " +
           window.start() + (after == "<" ? Sql::updated_before(window.time()) : Sql::updated_after(window.time())) +
           unless_null(agent, "s.agent_id = " + agent) + unless_null(parent, "s.parent_session_id = " + parent) +
           " AND s.updated_at >= " + value<&SessionConditions::updated_from>() + " AND s.updated_at < " +
           value<&SessionConditions::updated_to>() + unless_null(name, Sql::contains("s.name", name)) +
           unless_null(context, Sql::has_members("s.context", context)) + Sql::shown("s") + " ORDER BY " + order +
           " LIMIT " + window.rows();
  }
};

}  // namespace heddle::sql
