#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// The error of a tool. It is stored in full; the agent gets only the summary.
struct StoredError {
  std::string id{};       ///< empty: an id is generated, `err_YYYYMMDD_HHMMSS_` and six hexadecimal digits
  Timestamp timestamp{};  ///< not set: the time of the call
  std::optional<std::string> session_id{};
  std::string tool_name{};
  std::string raw_error{};      ///< any bytes; what is not JSON is stored as `{"message": <text>}`, see ErrorStorage
  std::string short_summary{};  ///< empty: the first line of `raw_error`, at most 100 characters

  friend bool operator==(const StoredError&, const StoredError&) = default;
};

/// Selects errors for a list. Members that are not set do not restrict it.
struct ErrorFilter {
  std::optional<std::string> session_id{};
  std::optional<std::string> tool_name{};
  std::optional<Timestamp> from{};   ///< inclusive
  std::optional<Timestamp> until{};  ///< exclusive
};

/// Which errors are kept: those that both members allow. A member that is not set allows all.
struct ErrorRetention {
  std::optional<std::chrono::milliseconds> older_than{};  ///< errors of an earlier time than this long ago are removed
  std::optional<std::int64_t> keep_newest{};              ///< errors beyond this number are removed, the oldest first
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::StoredError, id, timestamp, session_id, tool_name, raw_error, short_summary);
HEDDLE_ADAPT_STRUCT(heddle::ErrorFilter, session_id, tool_name, from, until);

HEDDLE_LIMIT_TEXTS(heddle::StoredError, heddle::limits::id, id, session_id, tool_name);
HEDDLE_LIMIT_TEXTS(heddle::StoredError, heddle::limits::name, short_summary);
