#pragma once

#include "conformance/sample.hpp"
#include "heddle/concepts/human_request_storage.hpp"
#include "heddle/model/human_request.hpp"

#include <chrono>
#include <cstdint>
#include <string>

/// Human requests for the tests of the suite.
namespace conformance {

constexpr heddle::Timestamp leap_day = [] {
  using namespace std::chrono_literals;
  return std::chrono::sys_days(std::chrono::year(2024) / 2 / 29) + 13h + 7us;
}();

inline const heddle::HumanResponse yes{heddle::RequestStatus::approved, "go on", {R"({"budget": 3})"}, "eve"};
inline const heddle::HumanResponse no{heddle::RequestStatus::rejected, "stop", {}, "mallory"};

/// Returns a request whose timeout has passed long ago.
inline heddle::HumanRequest expired(const std::string& id) {
  return {.id = id, .question = "still there?", .timeout_ms = std::chrono::milliseconds(1), .created_at = leap_day};
}

template <class Store>
Ids pending(Store& store, const heddle::Context& context, std::int64_t limit = 0) {
  return all_ids(limit, [&](const heddle::PageRequest& request) { return store.list_pending(context, request); });
}
template <class Store>
Ids of_session(Store& store, const heddle::Context& context, const std::string& session, std::int64_t limit = 0) {
  return all_ids(limit,
                 [&](const heddle::PageRequest& request) { return store.list_by_session(context, session, request); });
}

}  // namespace conformance
