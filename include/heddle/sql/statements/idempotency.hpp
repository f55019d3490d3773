// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/columns.hpp"
#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/message_key.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::sql {

/// The statements for idempotency keys.
struct IdempotencyStatements {
  /// Parameters: user, key.
  Statement<EarlierAnswer, std::string_view, std::string_view> find{find_where({})};
  /// Parameters: user, the row.
  Statement<NoRow, std::string_view, Fields<KeyRow>> remember{
      "INSERT INTO idempotency_keys (user_id, " + columns<KeyRow>() + ") VALUES (?1, " + placeholders<KeyRow>(2) + ")"};

  /// The text of `find` where segments `g` have a user too: a condition on it, followed by AND.
  static std::string find_where(std::string_view of_user) {
    return "SELECT " + columns<EarlierAnswer>({}, {computed<&EarlierAnswer::hidden>(hidden(of_user))}) +
           " FROM idempotency_keys WHERE user_id = ?1 AND key = ?2";
  }

 private:
  /// No segment of the session's present branch has the message in the Answer.
  static std::string hidden(std::string_view of_user) {
    return "NOT EXISTS (SELECT 1 FROM sessions s JOIN branches b ON b.user_id = s.user_id AND b.session_number = "
           "s.number AND b.branch - 1 = (" +
           message_key::number("answer_number") + ") JOIN segments g ON " + std::string(of_user) +
           "g.branch_number = s.branch_number AND g.source_number = b.number AND g.last_sequence >= (" +
           message_key::sequence("answer_number") + ") WHERE s.user_id = ?1 AND s.id = session_id)";
  }
};

}  // namespace heddle::sql
