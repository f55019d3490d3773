// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace heddle::postgres::transaction {

/// In which form a statement is sent.
enum class Form {
  plain,            ///< as it is
  required,         ///< without a row it fails, and with it the whole transaction
  required_number,  ///< the same, and the row, a number, is kept for the idempotency key
  counted           ///< its row is how many rows it changed, which is kept for the idempotency key
};
inline constexpr std::size_t forms = 4;

/// Where the WITH ends that a statement starts with; 0 if it starts with none.
[[nodiscard]] inline std::size_t end_of_with(std::string_view statement) {
  if (!statement.starts_with("WITH ")) { return 0; }
  int depth = 0;
  for (std::size_t at = 0; at < statement.size(); ++at) {
    if (statement[at] == '(') { ++depth; }
    if (statement[at] != ')' || --depth != 0) { continue; }
    const std::string_view behind = statement.substr(at + 1);
    if (!behind.starts_with(',') && !behind.starts_with(" AS ")) { return at + 1; }
  }
  return 0;
}

/// The SQL of a statement in a form, with `$1` for `?1`.
///
/// A pipeline goes on without asking the client, so the server itself has to stop where a row is missing: whether there
/// is one, 1 or 0, divides 1. No other statement divides by what it finds, so a division by zero tells which command it
/// was. A row counts as missing if all that it has is null, which no required row is.
[[nodiscard]] inline std::string text_of(Form form, std::string_view statement) {
  constexpr std::string_view found = ", 1 / (NOT (r IS NULL))::integer FROM (VALUES (1)) one LEFT JOIN r ON true";
  constexpr std::string_view kept = ", set_config('heddle.answer', ";
  // What it starts with stays there: what changes rows may stand in the outermost WITH only.
  const std::size_t main = end_of_with(statement);
  std::string text(statement.substr(0, main));
  statement.remove_prefix(main);
  const auto wrap = [&](std::string_view name) {
    text.append(main == 0 ? "WITH " : ", ").append(name).append(" AS (").append(statement);
  };
  switch (form) {
    case Form::plain: text.append(statement); break;
    case Form::required:
      wrap("r");
      text.append(") SELECT r.*").append(found);
      break;
    case Form::required_number:
      wrap("r (number)");
      text.append(") SELECT r.number").append(kept).append("r.number::text, true)").append(found);
      break;
    case Form::counted:
      wrap("r");
      text.append(" RETURNING 1) SELECT count(*)").append(kept).append("count(*)::text, true) FROM r");
      break;
  }
  for (std::size_t at = 0; (at = text.find('?', at)) != std::string::npos; ++at) {
    if (at + 1 < text.size() && text[at + 1] >= '1' && text[at + 1] <= '9') { text[at] = '$'; }
  }
  return text;
}

}  // namespace heddle::postgres::transaction
