// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres {

/// The channel of the notifications of changes.
inline constexpr const char* channel = "heddle_changes";

/// The notifications that a transaction sends to all listening processes when it commits. Every role of the database
/// can receive them, so a topic contains no stored data.
struct AnnouncementStatements {
  /// Parameter: topic, not empty.
  sql::Statement<sql::NoRow, std::string_view> changed{std::string("SELECT pg_notify('") + channel + "', ?1)"};
};

}  // namespace heddle::postgres
