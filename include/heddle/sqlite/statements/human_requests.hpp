#pragma once

#include "heddle/model/human_request.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sqlite {

/// Questions to humans in SQLite's SQL. A request is open while its status is pending and its time is not over.
struct HumanRequestStatements {
  template <class Row, class... Arguments>
  using Statement = sql::Statement<Row, Arguments...>;
  using Text = std::string_view;

  /// user, the request: answers its id, or nothing if it is taken.
  Statement<std::string, Text, sql::Fields<HumanRequest>> insert{
      "INSERT INTO human_requests (user_id, " + sql::columns<HumanRequest>() + ") VALUES (?1, " +
      sql::placeholders(2, sql::width<HumanRequest>) + ") ON CONFLICT (user_id, id) DO NOTHING RETURNING id"};
  Statement<HumanRequest, Text, Text> find{select() + "WHERE user_id = ?1 AND id = ?2"};
  Statement<std::int64_t, Text, Text> exists{"SELECT 1 FROM human_requests WHERE user_id = ?1 AND id = ?2"};

  /// user, id, now: a row unless there is such a request and it is not open. Holds the request as it is to the end of
  /// the transaction, where writers work beside each other.
  Statement<std::int64_t, Text, Text, Timestamp> open_or_absent{
      "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM human_requests WHERE user_id = ?1 AND id = ?2 AND NOT (" + open("?3") +
      "))"};
  /// user, id, question, context, type, priority, timeout, now.
  Statement<sql::NoRow, Text, Text, Text, JsonObject, RequestType, RequestPriority, std::chrono::milliseconds,
            Timestamp>
      update{
          "UPDATE human_requests SET question = ?3, context = ?4, request_type = ?5, priority = ?6, timeout_ms = ?7, "
          "expires_at = CASE ?7 WHEN 0 THEN NULL ELSE created_at + ?7 * 1000 END "
          "WHERE user_id = ?1 AND id = ?2 AND " +
          open("?8")};
  /// user, id, the response, now: answers the request if it was open.
  Statement<HumanRequest, Text, Text, sql::Fields<HumanResponse>, Timestamp> respond{
      "UPDATE human_requests SET (" + sql::columns<HumanResponse>() + ", responded_at) = (" +
      sql::placeholders(3, sql::width<HumanResponse> + 1) + ") WHERE user_id = ?1 AND id = ?2 AND " + open("?7") +
      " RETURNING " + sql::columns<HumanRequest>()};
  /// user, now: all pending requests whose time is over.
  Statement<sql::NoRow, Text, Timestamp> expire{end() + "expires_at <= ?2"};
  /// user, id, now: this request, if it is pending and its time is over.
  Statement<sql::NoRow, Text, Text, Timestamp> expire_one{end() + "id = ?2 AND expires_at <= ?3"};

  /// user, now, after this time and id, limit: oldest first.
  Statement<HumanRequest, Text, Timestamp, Timestamp, Text, std::int64_t> list_pending{
      select() + "WHERE user_id = ?1 AND " + open("?2") +
      " AND (created_at, id) > (?3, ?4) ORDER BY created_at, id LIMIT ?5"};
  /// user, session, before this time and id, limit: newest first.
  Statement<HumanRequest, Text, Text, Timestamp, Text, std::int64_t> list_by_session{
      select() +
      "WHERE user_id = ?1 AND session_id = ?2 AND (created_at, id) < (?3, ?4) "
      "ORDER BY created_at DESC, id DESC LIMIT ?5"};

 private:
  static std::string select() { return "SELECT " + sql::columns<HumanRequest>() + " FROM human_requests "; }
  static std::string open(const std::string& now) {
    return "status = 'pending' AND (expires_at IS NULL OR expires_at > " + now + ")";
  }
  static std::string end() {
    return "UPDATE human_requests SET status = 'timeout' WHERE user_id = ?1 AND status = 'pending' AND ";
  }
};

}  // namespace heddle::sqlite
