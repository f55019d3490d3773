// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <string>
#include <utility>

namespace heddle::sql {

/// The row type of a statement without rows.
struct NoRow {};

/// A number for each statement of the process, by which connections keep what they have prepared.
[[nodiscard]] inline std::size_t next_statement_number() {
  static std::atomic<std::size_t> next{0};
  return next.fetch_add(1, std::memory_order_relaxed);
}

/// SQL text with the types of its row and of its arguments: a call with other arguments does not compile. Made once for
/// each dialect and kept for the life of the process.
template <class Row, class... Arguments>
class Statement {
 public:
  explicit Statement(std::string text) : text_(std::move(text)), number_(next_statement_number()) {}

  [[nodiscard]] const std::string& text() const noexcept { return text_; }
  [[nodiscard]] std::size_t number() const noexcept { return number_; }

 private:
  std::string text_;
  std::size_t number_;
};

/// A group of statements, made when the first of them is needed: a program that stores no artifacts neither compiles
/// nor prepares their SQL.
template <class Group>
[[nodiscard]] const Group& statements() {
  static const Group group;
  return group;
}

}  // namespace heddle::sql
