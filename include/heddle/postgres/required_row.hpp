#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres {

/// In which form a statement is sent.
enum class Form {
  plain,            ///< as it is
  required,         ///< without a row it fails, and with it the whole transaction
  required_number,  ///< the same, and the row, a number, is kept for the idempotency key
  counted           ///< its row is how many rows it changed, which is kept for the idempotency key
};
inline constexpr std::size_t forms = 4;

/// The SQL of a statement in a form, with `$1` for `?1`.
///
/// A pipeline goes on without asking the client, so the server itself has to stop where a row is missing: the number of
/// rows divides 1. No other statement divides anything, so a division by zero tells which command it was.
[[nodiscard]] inline std::string text_of(Form form, std::string_view statement) {
  constexpr std::string_view found = " FROM (SELECT 1 / count(*) AS found FROM r) c LEFT JOIN r ON c.found >= 0";
  constexpr std::string_view kept = "set_config('heddle.answer', ";
  std::string text;
  switch (form) {
    case Form::plain: text = statement; break;
    case Form::required: text.append("WITH r AS (").append(statement).append(") SELECT r.*").append(found); break;
    case Form::required_number:
      text.append("WITH r (number) AS (").append(statement).append(") SELECT r.number, ").append(kept);
      text.append("r.number::text, true)").append(found);
      break;
    case Form::counted:
      text.append("WITH r AS (").append(statement).append(" RETURNING 1) SELECT count(*), ").append(kept);
      text.append("count(*)::text, true) FROM r");
      break;
  }
  for (std::size_t at = 0; (at = text.find('?', at)) != std::string::npos; ++at) {
    if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9') { text[at] = '$'; }
  }
  return text;
}

}  // namespace heddle::postgres
