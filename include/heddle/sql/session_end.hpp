// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/options.hpp"
#include "heddle/sql/message_key.hpp"

#include <cstdint>
#include <string>

/// The end of a session, its present branch and its last sequence number, as one integer, because an Answer has one. In
/// a session that was never rewound it is the sequence number. Databases hold this integer: its form must never change.
namespace heddle::sql::session_end {

/// Returns the SQL of the integer.
[[nodiscard]] inline std::string packed(const std::string& branch, const std::string& sequence) {
  return sequence + " + (" + branch + " - 1) * " + std::to_string(message_key::keys_of_branch);
}

[[nodiscard]] constexpr std::int64_t packed(const SessionEnd& end) noexcept {
  return end.sequence + (end.branch - 1) * message_key::keys_of_branch;
}
[[nodiscard]] constexpr SessionEnd unpacked(std::int64_t number) noexcept {
  return {(number >> message_key::sequence_bits) + 1, number & limits::sequence};
}

}  // namespace heddle::sql::session_end
