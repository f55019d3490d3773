#pragma once

#include "heddle/sql/statement.hpp"

#include <string>

namespace heddle::postgres {

/// The channel on which processes tell each other of changes.
inline constexpr const char* channel = "heddle_changes";

/// What a transaction tells all other processes when it is committed. It names no tenant: whoever listens looks what
/// has changed.
struct AnnouncementStatements {
  sql::Statement<sql::NoRow> human_requests_changed{std::string("SELECT pg_notify('") + channel + "', '')"};
};

}  // namespace heddle::postgres
