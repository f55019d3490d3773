#pragma once

#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <chrono>
#include <cstdint>
#include <string>

namespace heddle {

/// The writer of a message that is being streamed: made by `begin` or `take_over`, passed to `append` and `finish`. A
/// value: a copy is the same writer. One thread at a time may use an object.
struct MessageStream {
  std::string session_id{};
  SessionEnd at{};          ///< the message: its branch and sequence number
  std::int64_t writer = 1;  ///< which writer of the message this is; a later one fences it
  std::string text{};       ///< what is stored; `append` adds to it, and its length is the offset of the next append
  Timestamp begun_at{};     ///< the timestamp of the message
  /// When `append` last told other processes of the growth.
  Context::Clock::time_point announced{};
};

/// What `wait` saw of a message that is being streamed.
struct StreamGrowth {
  MessageState state = MessageState::streaming;
  std::string text{};      ///< what follows the bytes that the caller has seen; empty if the message is complete
  std::int64_t bytes = 0;  ///< the length of all that is stored; 0 if the message is complete

  friend bool operator==(const StreamGrowth&, const StreamGrowth&) = default;
};

/// A message that was begun and is neither finished nor written any more.
struct InterruptedMessage {
  std::string session_id{};
  SessionEnd at{};             ///< its branch and sequence number
  std::int64_t bytes = 0;      ///< the length of what is stored
  Timestamp last_append_at{};  ///< or the time at which it was begun

  friend bool operator==(const InterruptedMessage&, const InterruptedMessage&) = default;
};

/// The time without an append after which a message reads as interrupted, if `begin` names no other.
inline constexpr std::chrono::milliseconds default_silence{60'000};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::InterruptedMessage, session_id, at, bytes, last_append_at);
