// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/administration.hpp"
#include "heddle/model/session.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/statements/visible_messages.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements of administration that all backends share, across all tenants. They ignore hidden sessions.
template <class Sql>
struct AdminStatements {
  using Text = std::string_view;

  /// The number of hidden sessions that one transaction removes.
  static constexpr std::int64_t purge_batch = 100;

  /// Parameters: before this time and number, limit. Last updated first; the key is the session's number. Sorts all
  /// sessions: each message of each tenant would have to update an index for it.
  Statement<Keyed<Session>, Timestamp, std::int64_t, std::int64_t> list_sessions{
      "SELECT " + columns<Session>() +
      ", number FROM sessions WHERE (updated_at, number) < (?1, ?2) AND deleted_at IS NULL "
      "ORDER BY updated_at DESC, number DESC LIMIT ?3"};
  Statement<std::int64_t> count_sessions{"SELECT count(*) FROM sessions WHERE deleted_at IS NULL"};
  /// Parameters: after this user, limit. In the order of the users' ids.
  Statement<SessionCount, Text, std::int64_t> sessions_per_user{
      "SELECT user_id, count(*) FROM sessions WHERE user_id > ?1 AND deleted_at IS NULL "
      "GROUP BY user_id ORDER BY user_id LIMIT ?2"};
  /// Parameters: after this user, limit. The ids of all that have anything stored, in their order: each is looked up
  /// behind the one before, so that no table is read whole. Rows of other tables hang on those of these.
  Statement<std::string, Text, std::int64_t> list_tenants{
      "WITH RECURSIVE tenants (user_id, place) AS (SELECT " + first_tenant("?1") + ", 1 UNION ALL SELECT " +
      first_tenant("t.user_id") +
      ", t.place + 1 FROM tenants t WHERE t.user_id IS NOT NULL AND t.place < ?2) "
      "SELECT user_id FROM tenants WHERE user_id IS NOT NULL ORDER BY place"};
  Statement<SystemStatistics> statistics{
      "SELECT " +
      columns<SystemStatistics>(
          {}, {computed<&SystemStatistics::sessions>("count(*)"),
               computed<&SystemStatistics::messages>(visible_messages<Sql>("true")),
               computed<&SystemStatistics::tool_executions>("(SELECT count(*) FROM tool_executions WHERE true" +
                                                            Sql::visible("tool_executions") + ")"),
               computed<&SystemStatistics::users>("count(DISTINCT user_id)"),
               computed<&SystemStatistics::total_cost_usd>("coalesce(sum(total_cost_usd), 0.0)"),
               computed<&SystemStatistics::total_tokens>(Sql::sum("total_tokens", "true"))}) +
      " FROM sessions WHERE deleted_at IS NULL"};

 private:
  /// The first tenant behind another one.
  static std::string first_tenant(const std::string& after) {
    std::string text = "(SELECT min(user_id) FROM (";
    const char* between = "";
    for (const char* table : {"sessions", "artifacts", "agent_errors", "human_requests", "sql_results",
                              "idempotency_keys", "content_usage"}) {
      text.append(between).append("SELECT min(user_id) AS user_id FROM ").append(table);
      text.append(" WHERE user_id > ").append(after);
      between = " UNION ALL ";
    }
    return text.append(") firsts)");
  }
};

}  // namespace heddle::sql
