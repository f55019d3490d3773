// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

// The rules of calls that wait for a change of a record.
namespace heddle::stores::detail {

/// The interval at which a waiting call reads the record if the engine receives no notifications.
inline constexpr std::chrono::milliseconds look_again{100};
/// The same if the engine receives notifications, for changes without one.
inline constexpr std::chrono::milliseconds look_again_at_last{5000};
/// The same after the database could not be reached.
inline constexpr std::chrono::milliseconds look_again_after_failure{250};

/// Returns the topic of notifications of a record within this process.
[[nodiscard]] inline std::string topic_of(std::string_view user_id, const std::string& id) {
  // No id contains a zero byte.
  return std::string(user_id).append(1, '\0').append(id);
}

}  // namespace heddle::stores::detail
