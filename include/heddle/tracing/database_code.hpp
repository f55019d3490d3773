// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

namespace heddle::tracing {

/// The database's own code of an error, if it can be one: an SQLSTATE or a number. An error that a program has thrown
/// in a callback may have any text instead, which no trace must show.
class DatabaseCode {
 public:
  /// No code.
  DatabaseCode() = default;
  /// The code of this error.
  explicit DatabaseCode(const Error& error) noexcept {
    const std::string_view code = error.native_code();
    const bool is_code = code.size() <= digits_.size() && std::all_of(code.begin(), code.end(), [](char each) {
                           return (each >= '0' && each <= '9') || (each >= 'A' && each <= 'Z');
                         });
    if (!is_code) { return; }
    std::copy(code.begin(), code.end(), digits_.begin());
    size_ = code.size();
  }

  /// Returns the code; empty if there is none.
  [[nodiscard]] std::string_view text() const noexcept { return {digits_.data(), size_}; }

 private:
  std::array<char, 5> digits_{};
  std::size_t size_ = 0;
};

}  // namespace heddle::tracing
