// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/row_list.hpp"
#include "heddle/stores/detail/waiting.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/text.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

// The rules of HumanRequestStore for requests and responses.
namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Throws `invalid_argument` for a request that cannot be stored.
void check_request(const std::same_as<HumanRequest> auto& request) {
  validation::check("request", request);
  validation::check_timeout("request.timeout_ms", request.timeout_ms);
  if (request.session_id) { validation::check_id("request.session_id", *request.session_id); }
}

/// Throws `invalid_argument` for a response that settles nothing.
void check_response(const std::same_as<HumanResponse> auto& response) {
  validation::check("response", response);
  if (response.status == RequestStatus::pending || response.status == RequestStatus::timeout ||
      response.status == RequestStatus::cancelled) {
    validation::refuse("response.status", "must be approved, rejected or responded");
  }
}

[[nodiscard]] inline bool is_unanswered(const HumanRequest& request) {
  return request.status == RequestStatus::pending && request.response.empty() &&
         request.response_data == JsonObject{} && !request.responded_at && request.responded_by.empty();
}

/// Returns the row of a new request, with an id and times. Throws `invalid_argument` if it cannot be stored.
[[nodiscard]] HumanRequest row_of(const std::same_as<HumanRequest> auto& request) {
  check_request(request);
  if (!is_unanswered(request)) {
    validation::refuse("request", "must not have an answer: store it open, then call respond");
  }
  HumanRequest row = request;
  if (row.id.empty()) { row.id = heddle::detail::crypto::random_uuid(); }
  row.created_at = or_now(row.created_at);
  row.expires_at.reset();
  if (row.timeout_ms.count() != 0) { row.expires_at = row.created_at + row.timeout_ms; }
  return row;
}

[[nodiscard]] inline bool is_over(Timestamp at, const HumanRequest& request) {
  return request.status == RequestStatus::pending && request.expires_at && *request.expires_at <= at;
}

/// Sets the status of a request that is past `expires_at`, whether or not its timeout has been stored.
inline void show_at(Timestamp at, HumanRequest& request) {
  if (is_over(at, request)) { request.status = RequestStatus::timeout; }
}

/// Throws `invalid_argument` for ids that no call can wait for.
inline void check_awaited(const std::vector<std::string>& ids) {
  if (ids.empty() || ids.size() > limits::awaited) {
    validation::refuse("request ids", "are not between 1 and " + std::to_string(limits::awaited));
  }
  for (std::size_t index = 0; index < ids.size(); ++index) {
    validation::check_id(validation::FieldPath("request ids").element(index), ids[index]);
  }
}

/// Returns when to read requests again without a notification. `first_end` is the first `expires_at` of them.
[[nodiscard]] inline Context::Clock::time_point next_look(const std::optional<Timestamp>& first_end,
                                                          bool receives_changes) {
  std::chrono::milliseconds pause = receives_changes ? look_again_at_last : look_again;
  if (first_end) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*first_end - now());
    // Over by the clock of this process, but not by the one that decides.
    pause = left > std::chrono::milliseconds(0) ? std::min(pause, left) : look_again;
  }
  return Context::Clock::now() + pause;
}

/// Returns a page of requests in a list that is ordered by time.
template <class List>
[[nodiscard]] Page<HumanRequest> page_of_requests(const List& list, sql::RowList<HumanRequest> rows) {
  return list.of(std::move(rows), [](const HumanRequest& last) {
    return sql::Position{microseconds_of(last.created_at), last.id};
  });
}

}  // namespace heddle::stores::detail
