// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/administration.hpp"
#include "heddle/model/session.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/time.hpp"

#include <charconv>
#include <concepts>
#include <cstdint>
#include <string>
#include <system_error>
#include <utility>

namespace heddle::stores::detail {

/// A page of the sessions of all tenants, the latest first. A template only so that files that do not list them do not
/// compile it.
template <std::same_as<PageRequest> Request>
class SessionOverviewPage {
 public:
  explicit SessionOverviewPage(const Request& request)
      : page_(sql::Listing::sessions_of_all_users, request, sql::default_limit, {sql::after_all, {}}) {
    const std::string& number = page_.start().id;
    if (request.cursor.empty()) { return; }
    const char* const end = number.data() + number.size();
    const auto parsed = std::from_chars(number.data(), end, before_number_);
    if (parsed.ec != std::errc{} || parsed.ptr != end) { sql::refuse_cursor(); }
  }

  /// The time and the number of the session after which the page starts.
  [[nodiscard]] Timestamp before() const noexcept { return page_.start().time(); }
  [[nodiscard]] std::int64_t before_number() const noexcept { return before_number_; }
  [[nodiscard]] std::int64_t rows() const noexcept { return page_.rows(); }

  [[nodiscard]] SessionOverview overview(sql::RowList<sql::Keyed<Session>> list, std::int64_t total) const {
    return {page_.of(std::move(list),
                     [](const Session& last, std::int64_t number) {
                       return sql::Position{microseconds_of(last.updated_at), std::to_string(number)};
                     }),
            total};
  }

 private:
  sql::ListPage<> page_;
  std::int64_t before_number_ = sql::after_all;
};

}  // namespace heddle::stores::detail
