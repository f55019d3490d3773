// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/usage.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statement that adds to the sums of usage, which are kept by session, model and day.
template <class Sql>
struct UsageSumStatements {
  using Text = std::string_view;

  /// Parameters: user, session, what to add.
  Statement<NoRow, Text, Text, Fields<AddedUsage>> add{
      "INSERT INTO usage_by_day (user_id, session_id, " + columns<AddedUsage>() + ") VALUES (?1, ?2, " +
      placeholders<AddedUsage>(3) + ") ON CONFLICT (user_id, session_id, model, day) DO UPDATE SET " + additions()};

 private:
  static std::string additions() {
    std::string list;
    for (const std::string_view name : reflection::member_names<AddedUsage>) {
      if (name == "model" || name == "day") { continue; }
      if (!list.empty()) { list += ", "; }
      list.append(name).append(" = usage_by_day.").append(name).append(" + excluded.").append(name);
    }
    return list;
  }
};

/// The statements that read sums of usage. Parameters: user, the query and its page; of a session also the session and
/// an agent or null, of an agent also the agent.
template <class Sql>
struct UsageListStatements {
  using Text = std::string_view;

  Statement<UsageSum, Text, Fields<UsageWindow>> of_tenant{select("usage_by_day u CROSS JOIN sessions s", "u.day") +
                                                           end()};
  Statement<UsageSum, Text, Fields<UsageWindow>, Text, std::optional<Text>> of_session{
      select(of_sessions, "+u.day") + " AND u.session_id = " + behind(0) + " AND (" + behind(1) +
      " IS NULL OR s.agent_id = " + behind(1) + ")" + end()};
  Statement<UsageSum, Text, Fields<UsageWindow>, Text> of_agent{select(of_sessions, "+u.day") +
                                                                " AND s.agent_id = " + behind(0) + end()};

 private:
  template <auto Member>
  static std::string given() {
    return placeholder<UsageWindow, Member>(2);
  }
  static std::string behind(std::size_t position) { return placeholder(2 + width<UsageWindow>() + position); }
  template <auto Member>
  static Computed sum() {
    return computed<Member>(
        Sql::sum(std::string("u.").append(reflection::Selected<Only<Member>>::names.front()), "true"));
  }
  /// A column by which the sums are grouped, if the parameter says so.
  static std::string grouped(const std::string& wanted, const std::string& column, const std::string& otherwise) {
    return "CASE WHEN " + wanted + " THEN " + column + " ELSE " + otherwise + " END";
  }
  /// SQLite does not reorder CROSS JOIN: the days of a tenant, or its sessions, are found by an index first. With the
  /// sessions `day` is an expression of the column, which keeps databases from its index.
  static constexpr const char* of_sessions = "sessions s CROSS JOIN usage_by_day u";
  static std::string select(const std::string& from, const std::string& day) {
    return "SELECT " +
           columns<UsageSum>(
               {}, {computed<&UsageSum::session_id>(grouped(given<&UsageWindow::by_session>(), "u.session_id", "''")),
                    computed<&UsageSum::agent_id>(grouped(given<&UsageWindow::by_agent>(), "s.agent_id", "''")),
                    computed<&UsageSum::model>(grouped(given<&UsageWindow::by_model>(), "u.model", "''")),
                    computed<&UsageSum::day>(grouped(given<&UsageWindow::by_day>(), "u.day", "0")),
                    sum<&UsageSum::messages>(), sum<&Usage::input_tokens>(), sum<&Usage::output_tokens>(),
                    sum<&Usage::cached_read_tokens>(), sum<&Usage::cached_write_tokens>(),
                    sum<&Usage::reasoning_tokens>(), computed<&UsageSum::cost_usd>("coalesce(sum(u.cost_usd), 0.0)")}) +
           " FROM " + from + " WHERE u.user_id = ?1 AND s.user_id = ?1 AND s.id = u.session_id AND " + day +
           " >= " + given<&UsageWindow::from>() + " AND " + day + " < " + given<&UsageWindow::until>() + " AND (" +
           given<&UsageWindow::model>() + " IS NULL OR u.model = " + given<&UsageWindow::model>() + ")" +
           Sql::shown("s");
  }
  /// By day, session, agent and model.
  static std::string end() {
    return " GROUP BY 1, 2, 3, 4 ORDER BY 4, 1, 2, 3 LIMIT " + given<&UsageWindow::rows>() + " OFFSET " +
           given<&UsageWindow::offset>();
  }
};

}  // namespace heddle::sql
