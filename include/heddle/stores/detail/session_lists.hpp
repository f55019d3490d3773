// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/time.hpp"

#include <concepts>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

// The lists of a SessionStore that several operations share.
namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns a page of ids in a list that is ordered by time.
template <class List>
[[nodiscard]] Page<std::string> page_of_ids(const List& list, std::vector<sql::TimedId> rows) {
  auto timed = list.of(std::move(rows), [](const sql::TimedId& last) {
    return sql::Position{microseconds_of(last.at), last.id};
  });
  Page<std::string> page{{}, std::move(timed.next)};
  page.items.reserve(timed.items.size());
  for (auto& row : timed.items) { page.items.push_back(std::move(row.id)); }
  return page;
}

/// The list of a session's own messages, or of those that its parent lets it see, by their sequence.
using MessageList = sql::ListPage<std::string>;

[[nodiscard]] MessageList message_list(std::same_as<sql::Listing> auto listing, const PageRequest& request,
                                       const std::string& session_id) {
  MessageList list(listing, request, limits::page, {}, session_id);
  // On SQLite a sequence out of range would be a key of another session.
  if (list.start().at < 0 || list.start().at > limits::sequence) { sql::refuse_cursor(); }
  return list;
}

[[nodiscard]] MessageList messages_of_session(const std::same_as<PageRequest> auto& request,
                                              const std::string& session_id) {
  return message_list(sql::Listing::messages_of_session, request, session_id);
}

[[nodiscard]] MessageList messages_of_parent(const std::same_as<PageRequest> auto& request,
                                             const std::string& session_id) {
  return message_list(sql::Listing::messages_of_parent, request, session_id);
}

[[nodiscard]] Page<Message> page_of_messages(const std::same_as<MessageList> auto& list, sql::RowList<Message> rows) {
  return list.of(std::move(rows), [](const Message& last) { return sql::Position{last.sequence, {}}; });
}

}  // namespace heddle::stores::detail
