// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"

#include <bit>
#include <cstdint>
#include <string>
#include <string_view>

/// SQL for the key of a message: one integer, the number of the branch that wrote it times 2^24 plus its sequence. The
/// keys of one branch are one range, in the order of its messages. Keys are stored: the number must never change.
namespace heddle::sql::message_key {

/// The number of keys of a branch.
inline constexpr std::int64_t keys_of_branch = limits::sequence + 1;
static_assert(std::has_single_bit(static_cast<std::uint64_t>(keys_of_branch)), "a key is split by its bits");

/// The number of bits of a key that are the sequence number.
inline constexpr int sequence_bits = std::countr_zero(static_cast<std::uint64_t>(keys_of_branch));

/// Returns the key of sequence 0, which no message has, in the branch with this number.
[[nodiscard]] inline std::string base(std::string_view number) {
  return std::string(number).append(" * ").append(std::to_string(keys_of_branch));
}

/// Returns the last possible key of the branch with this number.
[[nodiscard]] inline std::string last(std::string_view number) {
  return base(number).append(" + ").append(std::to_string(limits::sequence));
}

/// Returns the number in a key.
[[nodiscard]] inline std::string number(std::string_view key) {
  return std::string(key).append(" >> ").append(std::to_string(sequence_bits));
}

/// Returns the sequence number in a key.
[[nodiscard]] inline std::string sequence(std::string_view key) {
  return std::string(key).append(" & ").append(std::to_string(limits::sequence));
}

}  // namespace heddle::sql::message_key
