#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// Names tenants in traces and logs so that one can be followed, and only those who have the key can tell who it is:
/// the first half of HMAC-SHA-256. Without a key it names none. Many threads may use it.
class TenantHash {
 public:
  /// Names no tenant.
  TenantHash() = default;
  /// Throws `invalid_argument` for a key of fewer than 16 bytes: it could be guessed.
  explicit TenantHash(std::string key) : key_(std::move(key)) {
    if (key_.size() < 16) {
      throw Error(ErrorCode::invalid_argument, "the key for the names of tenants needs 16 bytes or more");
    }
  }

  /// Returns 32 hexadecimal digits; empty without a key, and for the empty user. Throws `internal` if OpenSSL fails.
  [[nodiscard]] std::string of(std::string_view user_id) const {
    if (key_.empty() || user_id.empty()) { return {}; }
    std::array<std::byte, 32> digest{};
    if (HMAC(EVP_sha256(), key_.data(), static_cast<int>(key_.size()),
             reinterpret_cast<const unsigned char*>(user_id.data()), user_id.size(),
             reinterpret_cast<unsigned char*>(digest.data()), nullptr) == nullptr) {
      throw Error(ErrorCode::internal, "OpenSSL could not compute an HMAC");
    }
    return detail::crypto::to_hex(digest).substr(0, digest.size());
  }

 private:
  std::string key_;
};

}  // namespace heddle
