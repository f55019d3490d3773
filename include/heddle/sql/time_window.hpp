// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/time.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::sql {

/// Selects the rows of one page of a list that is ordered by time and id: parameters of its statement. Refers to the
/// id.
struct TimeWindow {
  Timestamp at{};         ///< of the row before the page
  std::string_view id{};  ///< of the row before the page
  std::int64_t rows = 0;  ///< the number of rows to read
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::TimeWindow, at, id, rows);

namespace heddle::sql {

/// The placeholders of a TimeWindow, where `first` is the number of its first parameter.
class WindowSql {
 public:
  explicit WindowSql(std::size_t first) : first_(first) {}

  [[nodiscard]] std::string time() const { return placeholder<TimeWindow, &TimeWindow::at>(first_); }
  /// The time and the id as one row value, to compare with those of a row.
  [[nodiscard]] std::string start() const {
    return "(" + time() + ", " + placeholder<TimeWindow, &TimeWindow::id>(first_) + ")";
  }
  [[nodiscard]] std::string rows() const { return placeholder<TimeWindow, &TimeWindow::rows>(first_); }

 private:
  std::size_t first_;
};

}  // namespace heddle::sql
