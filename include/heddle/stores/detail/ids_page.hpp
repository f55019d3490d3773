// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/rows.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// A page of ids in a list with the latest first.
class IdsPage {
 public:
  IdsPage(char list, const PageRequest& request)
      : list_(list),
        limit_(sql::limit_of(request, sql::default_limit)),
        from_(sql::read_cursor(list, request.cursor, {sql::after_all, {}})) {}

  [[nodiscard]] std::int64_t limit() const noexcept { return limit_; }
  [[nodiscard]] Timestamp before() const { return sql::time_of(from_); }
  [[nodiscard]] const std::string& before_id() const noexcept { return from_.id; }

  [[nodiscard]] Page<std::string> ids(std::vector<sql::TimedId> rows) const {
    auto timed = sql::make_page(list_, std::move(rows), limit_, [](const sql::TimedId& last) {
      return sql::Position{microseconds_of(last.at), last.id};
    });
    Page<std::string> page{{}, std::move(timed.next)};
    page.items.reserve(timed.items.size());
    for (auto& row : timed.items) { page.items.push_back(std::move(row.id)); }
    return page;
  }

 private:
  char list_;
  std::int64_t limit_;
  sql::Position from_;
};

}  // namespace heddle::stores::detail
