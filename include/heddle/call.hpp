#pragma once

#include "heddle/context.hpp"
#include "heddle/operation.hpp"
#include "heddle/refusal.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace heddle {

/// One call to the engine: the caller's context and the tenant that it resolved to.
struct Call {
  const Context& context;
  std::string_view user_id;
  Operation operation;
};

/// The result of a write in the form that is stored with an idempotency key.
struct Answer {
  std::int64_t number = 0;
  std::string text{};
  bool repeated = false;  ///< it was stored by an earlier call: this call has changed nothing
  bool hidden = false;    ///< the messages that the earlier call appended have been rewound away
};

/// The idempotency key of a write, and what it is used for.
struct OnceKey {
  std::string_view key;
  std::string_view operation;  ///< its stored name, which never changes
  std::string fingerprint{};   ///< digest of the request
  /// The session whose deletion also deletes the key.
  std::optional<std::string_view> session_id{};
};

}  // namespace heddle
