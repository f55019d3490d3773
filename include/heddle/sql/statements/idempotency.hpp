// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/columns.hpp"
#include "heddle/sql/earlier_answer.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace heddle::sql {

/// Idempotency keys, in any backend's SQL.
struct IdempotencyStatements {
  Statement<EarlierAnswer, std::string_view, std::string_view> find{
      "SELECT " + columns<EarlierAnswer>() + " FROM idempotency_keys WHERE user_id = ?1 AND key = ?2"};
  Statement<NoRow, std::string_view, std::string_view, std::optional<std::string_view>, std::string_view,
            std::string_view, std::int64_t, std::string_view, Timestamp>
      remember{"INSERT INTO idempotency_keys (user_id, key, session_id, " + columns<EarlierAnswer>() +
               ", created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)"};
};

}  // namespace heddle::sql
