// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/columns.hpp"
#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/parameters.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"

#include <string_view>

namespace heddle::sql {

/// The statements for idempotency keys.
struct IdempotencyStatements {
  /// Parameters: user, key.
  Statement<EarlierAnswer, std::string_view, std::string_view> find{
      "SELECT " + columns<EarlierAnswer>() + " FROM idempotency_keys WHERE user_id = ?1 AND key = ?2"};
  /// Parameters: user, the row.
  Statement<NoRow, std::string_view, Fields<KeyRow>> remember{
      "INSERT INTO idempotency_keys (user_id, " + columns<KeyRow>() + ") VALUES (?1, " + placeholders<KeyRow>(2) + ")"};
};

}  // namespace heddle::sql
