// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string>
#include <string_view>

/// What statements select for members of the message `table` that is being written; of every other message its columns.
namespace heddle::sql::streams {

/// The content: of a message that is being written its chunks.
template <class Sql>
[[nodiscard]] std::string content(std::string_view table) {
  const std::string name(table);
  return "CASE WHEN " + name + ".stream IS NULL THEN " + name + ".content ELSE " + Sql::joined_chunks(table, "0") +
         " END";
}

/// The state.
template <class Sql>
[[nodiscard]] std::string state(std::string_view table) {
  return "CASE WHEN " + std::string(table) +
         ".stream IS NULL THEN 'complete' WHEN EXISTS (SELECT 1 FROM message_streams w WHERE " +
         Sql::same_key("w", table) + " AND w.touched_at + w.silence > " + Sql::clock() +
         ") THEN 'streaming' ELSE 'interrupted' END";
}

}  // namespace heddle::sql::streams
