// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace heddle::sql {

/// The stored call of an idempotency key.
struct EarlierAnswer {
  std::string operation{};
  std::string fingerprint{};
  std::int64_t answer_number = 0;
  std::string answer_text{};
  /// The present branch of its session does not have the message at which the session ended after the call. Means
  /// something for a call that has appended messages.
  bool hidden = false;
};

/// Returns the Answer for a repeated call. Throws `invalid_argument` if the stored call is another one.
[[nodiscard]] inline Answer repeat(const OnceKey& key, EarlierAnswer earlier) {
  if (earlier.operation != key.operation || earlier.fingerprint != key.fingerprint) {
    throw Error(ErrorCode::invalid_argument, "the idempotency key was used for another request");
  }
  return {earlier.answer_number, std::move(earlier.answer_text), true, earlier.hidden};
}

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::EarlierAnswer, operation, fingerprint, answer_number, answer_text, hidden);
