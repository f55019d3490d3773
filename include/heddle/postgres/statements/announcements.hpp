// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sql/statement.hpp"

#include <string>
#include <string_view>

namespace heddle::postgres {

/// The channel of the notifications of changes.
inline constexpr const char* channel = "heddle_changes";

/// The notifications that processes send each other. Every role of the database can receive them, so a topic is keyed
/// by a secret of the schema.
struct AnnouncementStatements {
  /// Parameter: id. Returns the topic of a record of the tenant.
  sql::Statement<std::string, std::string_view> topic{"SELECT coalesce(heddle_announcement_topic(?1), '')"};
  /// Parameter: id. Notifies all listening processes of a change of this record. To be run after the commit of the
  /// change: a notification can fail, or wait for those of other databases of the server.
  sql::Statement<sql::NoRow, std::string_view> changed{
      std::string("SELECT pg_notify('") + channel +
      "', topic) FROM heddle_announcement_topic(?1) AS topic WHERE topic IS NOT NULL"};
};

}  // namespace heddle::postgres
