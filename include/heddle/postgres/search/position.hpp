// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace heddle::postgres::search {

/// A position in a vector, and its digits, so that none is converted.
class Position {
 public:
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }
  void advance() noexcept {
    ++number_;
    std::size_t at = size_;
    while (at > 0 && digits_[at - 1] == '9') { digits_[--at] = '0'; }
    if (at > 0) {
      ++digits_[at - 1];
    } else {
      // From 0, which has no digits, to 1, or from 99 to 100.
      digits_[0] = '1';
      if (size_ > 0) { digits_[size_] = '0'; }
      ++size_;
    }
  }
  /// Writes the digits, and bytes without a meaning behind them, and returns the end of the digits.
  char* write(char* to) const noexcept {
    std::memcpy(to, digits_.data(), digits_.size());
    return to + size_;
  }

 private:
  std::array<char, 16> digits_{};
  std::size_t size_ = 0;
  std::uint32_t number_ = 0;
};

}  // namespace heddle::postgres::search
