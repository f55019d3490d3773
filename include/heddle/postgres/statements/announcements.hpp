// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres {

/// The channel on which processes tell each other of changes.
inline constexpr const char* channel = "heddle_changes";

/// What a transaction tells all who listen when it is committed. Everybody in the database can hear it, so a topic
/// names nothing that somebody stored.
struct AnnouncementStatements {
  /// topic, which is not empty.
  sql::Statement<sql::NoRow, std::string_view> changed{std::string("SELECT pg_notify('") + channel + "', ?1)"};
};

}  // namespace heddle::postgres
