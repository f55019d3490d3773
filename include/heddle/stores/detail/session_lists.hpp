// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/time.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
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

inline constexpr Refusal rewound_between_pages{
    ErrorCode::conflict, "the session",
    "was rewound after the page before this one, so the two do not fit together: begin with the first page"};

/// A page of a session's messages, by their sequence. Its cursors contain the branch, so that no list continues in
/// another one. A template only so that files that read no messages do not compile it.
template <std::same_as<PageRequest> Request>
class MessageList {
 public:
  MessageList(sql::Listing listing, const Request& request, const std::string& session_id)
      : page_(listing, request, limits::page, {}, session_id), start_(sql::session_end::unpacked(page_.start().at)) {
    // On SQLite a sequence out of range would be a key of another branch.
    if (page_.start().at < 0 || (page_.start().at != 0 && start_.sequence == 0)) { sql::refuse_cursor(); }
  }

  /// The branch of the page before; nothing for the first page.
  [[nodiscard]] std::optional<std::int64_t> branch() const {
    return start_.sequence == 0 ? std::nullopt : std::optional(start_.branch);
  }
  /// The sequence after which the page starts.
  [[nodiscard]] std::int64_t after() const noexcept { return start_.sequence; }
  /// The sequence at which a page of a list that goes backwards starts.
  [[nodiscard]] std::int64_t from() const noexcept {
    return start_.sequence == 0 ? limits::sequence : start_.sequence - 1;
  }
  [[nodiscard]] std::int64_t rows() const noexcept { return page_.rows(); }

  /// Returns the page of messages that were read with their branch.
  [[nodiscard]] Page<Message> of(sql::RowList<sql::Keyed<Message>> list) const {
    return page_.of(std::move(list), [](const Message& last, std::int64_t branch) {
      return sql::Position{sql::session_end::packed({branch, last.sequence}), {}};
    });
  }

  /// The same for messages of one branch.
  [[nodiscard]] Page<Message> of(sql::RowList<Message> list, std::int64_t branch) const {
    return page_.of(std::move(list), [branch](const Message& last) {
      return sql::Position{sql::session_end::packed({branch, last.sequence}), {}};
    });
  }

 private:
  sql::ListPage<std::string> page_;
  SessionEnd start_;
};

/// Refuses the unit of work if the session, or its parent, has another branch than the page before.
template <class Transaction, class Statement, class List>
void require_branch(Transaction& tx, const Statement& same_branch, const List& list, const std::string& session_id) {
  if (const auto branch = list.branch()) {
    tx.require(rewound_between_pages.of(session_id), same_branch, tx.user_id(), session_id, *branch);
  }
}

}  // namespace heddle::stores::detail
