// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace heddle::sql {

/// The row type of a statement that returns no rows.
struct NoRow {};

/// Returns a new number. Connections keep prepared statements by their numbers.
[[nodiscard]] inline std::size_t next_statement_number() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

/// The text of a statement and its number.
class StatementText {
 public:
  // Implicit, so that a statement is made of its text.
  StatementText(const char* text) : StatementText(std::string(text)) {}  // NOLINT(google-explicit-constructor)
  StatementText(std::string text)                                        // NOLINT(google-explicit-constructor)
      : text_(std::move(text)), number_(next_statement_number()) {}

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

 private:
  std::string text_;
  std::size_t number_;
};

/// SQL text with the types of its rows and parameters: a call with other arguments does not compile. There is one
/// object for each statement of a dialect, which is never destroyed before the process ends.
template <class Row, class... Arguments>
struct Statement : StatementText {};

/// Returns a group of statements, which is created by the first call: a program that does not store artifacts does not
/// compile or prepare their SQL.
template <class Group>
[[nodiscard]] const Group& statements() {
  static const Group group;
  return group;
}

}  // namespace heddle::sql
