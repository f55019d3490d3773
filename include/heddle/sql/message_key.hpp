// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

/// SQL for the key of a message: one integer, the number of its session times 2^24 plus its sequence. The keys of one
/// session are one range, in the order of its messages. Keys are stored: the number must never change.
namespace heddle::sql::message_key {

/// How many keys a session has.
inline constexpr std::int64_t keys_of_session = limits::sequence + 1;
static_assert(std::has_single_bit(static_cast<std::uint64_t>(keys_of_session)), "a key is split by its bits");

/// How many bits of a key are the sequence.
inline constexpr int sequence_bits = std::countr_zero(static_cast<std::uint64_t>(keys_of_session));

/// The key of sequence 0, which no message has, of the session with this number.
[[nodiscard]] inline std::string base(std::string_view number) {
  return std::string(number).append(" * ").append(std::to_string(keys_of_session));
}

/// The last key that the session with this number can have.
[[nodiscard]] inline std::string last(std::string_view number) {
  return base(number).append(" + ").append(std::to_string(limits::sequence));
}

/// The number of the session that a key belongs to.
[[nodiscard]] inline std::string session_number(std::string_view key) {
  return std::string(key).append(" >> ").append(std::to_string(sequence_bits));
}

/// The sequence in a key.
[[nodiscard]] inline std::string sequence(std::string_view key) {
  return std::string(key).append(" & ").append(std::to_string(limits::sequence));
}

}  // namespace heddle::sql::message_key
