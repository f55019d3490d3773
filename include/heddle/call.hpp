#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle {

/// One call on its way to the engine: the caller's context and the tenant that it resolved to.
struct Call {
  const Context& context;
  std::string_view user_id;
  Operation operation;
};

/// What a write answered, in the form that an idempotency key remembers.
struct Answer {
  std::int64_t number = 0;
  std::string text{};
  bool repeated = false;  ///< it was remembered: this call has changed nothing
};

/// How to recognise a write that is asked for a second time.
struct OnceKey {
  std::string_view key;
  std::string_view operation;  ///< its stored name, which stays what it is
  std::string fingerprint{};   ///< digest of what the caller asked for
  /// The session with which the key is forgotten.
  std::optional<std::string_view> session_id{};
};

/// Why a statement that must find a row found none.
struct Refusal {
  ErrorCode code;
  std::string_view message;
};

}  // namespace heddle
