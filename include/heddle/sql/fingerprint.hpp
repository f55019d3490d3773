// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/sql/record.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sql {

/// A sink that digests values instead of binding them, each with its kind and length, so that no two requests look
/// alike.
class Fingerprint {
 public:
  void null() { digest_.update("n"); }
  void integer(std::int64_t value) { number('i', value); }
  void real(double value) { number('r', std::bit_cast<std::int64_t>(value)); }
  void text(std::string_view value) {
    digest_.update(std::to_string(value.size()) + ":");
    digest_.update(value);
  }
  void temporary_text(std::string_view value) { text(value); }
  void blob(std::span<const std::byte> value) {
    number('b', static_cast<std::int64_t>(value.size()));
    digest_.update(value);
  }

  /// Adds an argument as a statement would bind it.
  template <class T>
  Fingerprint& add(const T& argument) {
    write_argument(*this, argument);
    return *this;
  }

  /// The digest in hexadecimal.
  [[nodiscard]] std::string hex() { return digest_.hex(); }

 private:
  void number(char kind, std::int64_t value) { text(std::string(1, kind).append(std::to_string(value))); }

  detail::crypto::Sha256 digest_;
};

/// The digest of some arguments.
template <class... Arguments>
[[nodiscard]] std::string fingerprint(const Arguments&... arguments) {
  Fingerprint digest;
  (digest.add(arguments), ...);
  return digest.hex();
}

}  // namespace heddle::sql
