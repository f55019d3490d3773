// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::detail::crypto {

/// Returns `bytes` in lower-case hexadecimal, two digits for each byte.
template <std::size_t Size>
[[nodiscard]] std::string to_hex(const std::array<std::byte, Size>& bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const std::byte byte : bytes) {
    text += digits[std::to_integer<std::size_t>(byte >> 4U)];
    text += digits[std::to_integer<std::size_t>(byte & std::byte{0x0f})];
  }
  return text;
}

/// The SHA-256 digest of data that is added in pieces. One thread at a time. Throws `internal` if OpenSSL fails.
class Sha256 {
 public:
  Sha256() { check(state_.get() != nullptr && EVP_DigestInit_ex(state_.get(), EVP_sha256(), nullptr) == 1); }

  /// Adds bytes to the data.
  void update(std::span<const std::byte> bytes) {
    check(EVP_DigestUpdate(state_.get(), bytes.data(), bytes.size()) == 1);
  }
  /// Adds the bytes of a text to the data.
  void update(std::string_view text) { check(EVP_DigestUpdate(state_.get(), text.data(), text.size()) == 1); }

  /// Returns the digest of all data so far: 64 lower-case hexadecimal digits. More data can be added afterwards.
  [[nodiscard]] std::string hex() const {
    State copy;  // a finished state takes no more data
    check(copy.get() != nullptr && EVP_MD_CTX_copy_ex(copy.get(), state_.get()) == 1);
    std::array<std::byte, 32> digest{};
    check(EVP_DigestFinal_ex(copy.get(), reinterpret_cast<unsigned char*>(digest.data()), nullptr) == 1);
    return to_hex(digest);
  }

 private:
  class State {
   public:
    State() = default;
    State(const State&) = delete;
    State& operator=(const State&) = delete;
    State(State&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
    State& operator=(State&&) = delete;
    ~State() { EVP_MD_CTX_free(handle_); }

    [[nodiscard]] EVP_MD_CTX* get() noexcept { return handle_; }
    [[nodiscard]] const EVP_MD_CTX* get() const noexcept { return handle_; }

   private:
    EVP_MD_CTX* handle_ = EVP_MD_CTX_new();
  };

  static void check(bool succeeded) {
    if (!succeeded) { throw Error(ErrorCode::internal, "OpenSSL could not compute a SHA-256 digest"); }
  }

  State state_;
};

/// Returns the SHA-256 digest of `bytes`: 64 lower-case hexadecimal digits. Throws `internal` if OpenSSL fails.
[[nodiscard]] inline std::string sha256_hex(std::span<const std::byte> bytes) {
  Sha256 digest;
  digest.update(bytes);
  return digest.hex();
}

}  // namespace heddle::detail::crypto
