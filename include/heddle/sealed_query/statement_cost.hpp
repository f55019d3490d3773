// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sqlite3.h>

#include <algorithm>
#include <array>
#include <concepts>
#include <string_view>
#include <vector>

/// SQLite does not ask whether to stop between two opcodes without a jump. Most of them take no time, whatever the
/// program: but those that read a text as a number, or compare texts, take a millisecond for 1 MiB, and one row of an
/// answer can need thousands of them. Nothing in SQLite can stop them, so the more there are, the shorter the values
/// have to be.
namespace heddle::sealed_query {

// Templates only so that a file that queries no result does not compile them.

/// The opcodes whose time grows with the length of values in registers. Sorted.
inline constexpr auto reading_opcodes = std::to_array<std::string_view>({
    "Add",   "AddImm",  "Affinity",     "And",       "BitAnd",    "BitNot",     "BitOr",
    "Cast",  "Compare", "Divide",       "Eq",        "Ge",        "Gt",         "If",
    "IfNot", "IsTrue",  "Le",           "Lt",        "Multiply",  "MustBeInt",  "Ne",
    "Not",   "Or",      "RealAffinity", "Remainder", "ShiftLeft", "ShiftRight", "Subtract",
});
static_assert(std::is_sorted(reading_opcodes.begin(), reading_opcodes.end()));

/// Returns the SQL without the white space, comments and semicolons before its first word.
[[nodiscard]] std::string_view without_start(std::same_as<std::string_view> auto sql) {
  const auto skip_past = [&sql](std::string_view end) {
    const auto at = sql.find(end);
    sql.remove_prefix(at == std::string_view::npos ? sql.size() : at + end.size());
  };
  for (;;) {
    sql.remove_prefix(std::min(sql.find_first_not_of("; \t\n\f\r"), sql.size()));
    if (sql.starts_with("--")) {
      skip_past("\n");
    } else if (sql.starts_with("/*")) {
      skip_past("*/");
    } else {
      return sql;
    }
  }
}

/// The most elements that one pair of parentheses of the SQL can hold; at most 127, as many as a call may have.
[[nodiscard]] int widest_list(std::same_as<std::string_view> auto sql) {
  std::vector<int> open{1};
  int widest = 1;
  bool quoted = false;
  for (const char each : sql) {
    if (each == '\'') { quoted = !quoted; }
    if (quoted) { continue; }
    if (each == '(') { open.push_back(1); }
    if (each == ',') { widest = std::max(widest, ++open.back()); }
    if (each == ')' && open.size() > 1) { open.pop_back(); }
  }
  return std::min(widest, 127);
}

/// Counts what a program reads between two questions to the guard, in readings of one value at most.
template <std::same_as<std::string_view> Text>
class StatementCost {
 public:
  explicit StatementCost(Text sql) : sql_(sql) {}

  /// Adds an opcode; `parameter` is its P4 as EXPLAIN shows it.
  void add(std::string_view opcode, std::string_view parameter) {
    if (std::binary_search(reading_opcodes.begin(), reading_opcodes.end(), opcode)) { ++readings_; }
    // SQLite copies the arguments of a call, which asks the guard; so only the widest call counts. EXPLAIN shows a
    // function of any number of arguments so, without the number.
    if (widest_call_ == 0 && (opcode == "Function" || opcode == "PureFunc") && parameter.ends_with("(-1)")) {
      widest_call_ = widest_list(sql_);
    }
  }

  /// The longest value with which the program stops in time; at most `most` bytes.
  [[nodiscard]] int value_bytes(int most) const noexcept {
    constexpr int in_loops = 12;               // between two calls of the progress handler
    constexpr int bytes_in_time = 40'000'000;  // read as numbers in some 40 ms
    return std::min(most, bytes_in_time / (in_loops + readings_ + 2 * widest_call_));
  }

 private:
  Text sql_;
  int readings_ = 0;
  int widest_call_ = 0;
};

}  // namespace heddle::sealed_query
