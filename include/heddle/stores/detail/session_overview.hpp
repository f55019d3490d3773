// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/administration.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <charconv>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// A page of the sessions of all tenants, the latest first.
class SessionOverviewPage {
 public:
  explicit SessionOverviewPage(const PageRequest& request) : limit_(sql::limit_of(request, sql::default_limit)) {
    const sql::Position from = sql::read_cursor(list, request.cursor, {sql::after_all, {}});
    before_ = sql::time_of(from);
    if (from.id.empty()) { return; }
    const char* const end = from.id.data() + from.id.size();
    const auto parsed = std::from_chars(from.id.data(), end, before_number_);
    if (parsed.ec != std::errc{} || parsed.ptr != end) {
      validation::refuse("page.cursor", "does not come from this list");
    }
  }

  [[nodiscard]] std::int64_t limit() const noexcept { return limit_; }
  /// The list continues before this time and number.
  [[nodiscard]] Timestamp before() const noexcept { return before_; }
  [[nodiscard]] std::int64_t before_number() const noexcept { return before_number_; }

  [[nodiscard]] SessionOverview overview(std::vector<sql::Keyed<Session>> rows, std::int64_t total) const {
    auto page = sql::make_page(list, std::move(rows), limit_, [](const sql::Keyed<Session>& last) {
      return sql::Position{microseconds_of(last.row.updated_at), std::to_string(last.key)};
    });
    SessionOverview overview{{{}, std::move(page.next)}, total};
    overview.sessions.items.reserve(page.items.size());
    for (auto& each : page.items) { overview.sessions.items.push_back(std::move(each.row)); }
    return overview;
  }

 private:
  static constexpr char list = 'o';

  std::int64_t limit_;
  Timestamp before_{};
  std::int64_t before_number_ = sql::after_all;
};

}  // namespace heddle::stores::detail
