// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/human_request.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/time_window.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for requests to humans. A request is open while its status is pending and it has not expired.
template <class Sql>
struct HumanRequestStatements {
  using Text = std::string_view;

  /// Members of a HumanRequest that an update overwrites.
  using Question =
      Without<All<HumanRequest>, &HumanRequest::id, &HumanRequest::agent_id, &HumanRequest::session_id,
              &HumanRequest::created_at, &HumanRequest::expires_at, &HumanRequest::status, &HumanRequest::response,
              &HumanRequest::response_data, &HumanRequest::responded_at, &HumanRequest::responded_by>;

  /// Parameters: user, the request. Returns its id; no row if the id is in use.
  Statement<std::string, Text, Fields<HumanRequest>> insert{
      "INSERT INTO human_requests (user_id, " + columns<HumanRequest>() + ") VALUES (?1, " +
      placeholders<HumanRequest>(2) + ") ON CONFLICT (user_id, id) DO NOTHING RETURNING id"};
  Statement<HumanRequest, Text, Text> find{select() + "WHERE " + one()};
  Statement<std::int64_t, Text, Text> exists{"SELECT 1 FROM human_requests WHERE " + one()};

  /// Parameters: user, id, now. Returns no row if the request exists and is not open. Locks the request until the end
  /// of the transaction, on a backend with concurrent writers. The state is selected instead of a condition, which
  /// would skip a request that becomes open concurrently, without a lock.
  Statement<std::int64_t, Text, Text, Timestamp> open_or_absent{"SELECT 1 WHERE coalesce((SELECT " + open("?3") +
                                                                " FROM human_requests WHERE " + one() +
                                                                Sql::hold_row() + "), 1 = 1)"};
  /// Parameters: user, id, the question, now.
  Statement<NoRow, Text, Text, Fields<HumanRequest, Question>, Timestamp> update{
      "UPDATE human_requests SET " + updates<Question>(3) + ", expires_at = CASE " + timeout() +
      " WHEN 0 THEN NULL ELSE created_at + " + timeout() + " * 1000 END WHERE " + one() + " AND " +
      open(placeholder(3 + width<Question>()))};
  /// Parameters: user, id, the response, now. Settles the request if it is open, and returns it. One statement, so that
  /// only one of several concurrent responses settles it: the others wait for it and then evaluate the condition again.
  Statement<HumanRequest, Text, Text, Fields<HumanResponse>, Timestamp> respond{
      "UPDATE human_requests SET (" + columns<HumanResponse>() + ", responded_at) = (" +
      placeholders(3, width<HumanResponse>() + 1) + ") WHERE " + one() + " AND " +
      open(placeholder(3 + width<HumanResponse>())) + " RETURNING " + columns<HumanRequest>()};
  /// Parameters: user, now. For all expired requests.
  Statement<NoRow, Text, Timestamp> expire{end() + "expires_at <= " + Sql::present("?2") + visible()};
  /// Parameters: user, id, now. For one request, if it has expired.
  Statement<NoRow, Text, Text, Timestamp> expire_one{end() + "id = ?2 AND expires_at <= " + Sql::present("?3") +
                                                     visible()};

  /// Parameters: user, id. Ends a request that has no answer; no row if it has one. Returns the request.
  Statement<HumanRequest, Text, Text> end_one{"UPDATE human_requests SET status = 'timeout' WHERE " + one() +
                                              " AND status IN ('pending', 'timeout') RETURNING " +
                                              columns<HumanRequest>()};
  Statement<NoRow, Text, Text> remove{"DELETE FROM human_requests WHERE " + one()};

  /// Parameters: user, now, window. Oldest first.
  Statement<HumanRequest, Text, Timestamp, Fields<TimeWindow>> list_pending{
      select() + "WHERE user_id = ?1 AND " + open("?2") + " AND (created_at, id) > " + WindowSql(3).start() +
      visible() + " ORDER BY created_at, id LIMIT " + WindowSql(3).rows()};
  /// Parameters: user, now, window, whose time is an `urgency`. Highest priority first, then oldest first. The key is
  /// the `urgency`.
  Statement<Keyed<HumanRequest>, Text, Timestamp, Fields<TimeWindow>> list_by_priority{
      "SELECT " + columns<HumanRequest>() + ", urgency FROM human_requests WHERE user_id = ?1 AND " + open("?2") +
      " AND (urgency, id) > " + WindowSql(3).start() + visible() + " ORDER BY urgency, id LIMIT " +
      WindowSql(3).rows()};
  /// Parameters: user, session, window. Newest first.
  Statement<HumanRequest, Text, Text, Fields<TimeWindow>> list_by_session{
      select() + "WHERE user_id = ?1 AND session_id = ?2 AND (created_at, id) < " + WindowSql(3).start() + visible() +
      " ORDER BY created_at DESC, id DESC LIMIT " + WindowSql(3).rows()};

 private:
  static std::string timeout() { return placeholder<Question, &HumanRequest::timeout_ms>(3); }
  static std::string select() { return "SELECT " + columns<HumanRequest>() + " FROM human_requests "; }
  static std::string visible() { return Sql::visible("human_requests"); }
  static std::string one() { return "user_id = ?1 AND id = ?2" + visible(); }
  static std::string open(const std::string& now) {
    return "status = 'pending' AND (expires_at IS NULL OR expires_at > " + Sql::present(now) + ")";
  }
  static std::string end() {
    return "UPDATE human_requests SET status = 'timeout' WHERE user_id = ?1 AND status = 'pending' AND ";
  }
};

}  // namespace heddle::sql
