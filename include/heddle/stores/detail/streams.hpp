// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_stream.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/turn_rows.hpp"
#include "heddle/validation/check.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

// The rules of MessageStreamStore.
namespace heddle::stores::detail {

inline constexpr Refusal not_its_writer{
    ErrorCode::conflict, "the message of the session",
    "is not written by this writer any more: it was taken over, finished, redacted or deleted"};
inline constexpr Refusal other_text{ErrorCode::conflict, "the message of the session",
                                    "has another length, or another text at the offset of this one: take it over"};
inline constexpr Refusal other_length{
    ErrorCode::conflict, "the message of the session",
    "has another length than the text of this stream, which is to be its content: take it over"};
inline constexpr Refusal is_finished{ErrorCode::failed_precondition, "the message of the session",
                                     "that this idempotency key began is not being written any more: load it"};
inline constexpr Refusal not_being_written{ErrorCode::not_found, "the message of the session",
                                           "does not exist, or is not being written"};
inline constexpr Refusal no_such_message{ErrorCode::not_found, "the message of the session", "does not exist"};

/// The interval at which a waiting call looks for growth if the engine receives notifications: not each append sends
/// one.
inline constexpr std::chrono::milliseconds look_for_growth{250};
/// The time between two notifications of one writer: each costs another round trip.
inline constexpr std::chrono::milliseconds between_announcements{25};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a message that cannot be begun.
void check_begin(const std::same_as<Message> auto& message, std::chrono::milliseconds silence) {
  const Message empty{.role = message.role,
                      .session_context = message.session_context,
                      .agent_id = message.agent_id,
                      .timestamp = message.timestamp};
  if (!(message == empty)) {
    validation::refuse("message",
                       "has more than role, session_context, agent_id and timestamp: append its text, and give the "
                       "other members to finish");
  }
  if (silence < std::chrono::milliseconds(1) || silence > std::chrono::days(1)) {
    validation::refuse("silence", "is not between 1 ms and 1 day");
  }
}

/// Throws `invalid_argument` for what is not the place of a message.
void check_place(const std::string& session_id, const std::same_as<SessionEnd> auto& at) {
  validation::check_id("session_id", session_id);
  validation::check_sequence("at.sequence", at.sequence);
}

/// Throws `invalid_argument` for a text that cannot be appended.
void check_append(const std::same_as<MessageStream> auto& stream, std::string_view text) {
  check_place(stream.session_id, stream.at);
  validation::check_text("text", text, limits::text);
  if (text.size() > limits::text - std::min(limits::text, stream.text.size())) {
    validation::refuse("text", "makes the message longer than " + std::to_string(limits::text) + " bytes");
  }
}

/// Whether what was streamed is the content of the message.
[[nodiscard]] bool is_content_of_stream(const std::same_as<Message> auto& message) {
  return message.parts.empty() && message.content.empty();
}

/// Returns the whole message: what was streamed is its content if it has no other.
[[nodiscard]] Message whole_message(const std::same_as<MessageStream> auto& stream, const Message& message) {
  Message whole = message;
  whole.timestamp = stream.begun_at;
  if (is_content_of_stream(message)) { whole.content = stream.text; }
  return whole;
}

/// Returns the name of a message in notifications of its growth.
[[nodiscard]] std::string growth_of(const std::string& session_id, const std::same_as<SessionEnd> auto& at) {
  return "message " + std::to_string(at.branch) + " " + std::to_string(at.sequence) + " " + session_id;
}

/// Returns what a call that has seen so many bytes has not seen.
[[nodiscard]] StreamGrowth unseen(std::same_as<sql::StoredGrowth> auto&& stored, std::int64_t seen) {
  StreamGrowth growth{.state = stored.state, .bytes = stored.bytes};
  if (stored.bytes > seen) {
    growth.text = std::move(stored.text);
    growth.text.erase(0, static_cast<std::size_t>(seen - stored.start));
  }
  return growth;
}

}  // namespace heddle::stores::detail
