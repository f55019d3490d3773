#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace heddle {

/// The kind of answer that an agent requests of a human.
enum class RequestType { approval, decision, input, review };

template <>
struct EnumNames<RequestType> {
  static constexpr std::array<std::string_view, 4> values{"approval", "decision", "input", "review"};
};

/// The urgency of a request.
enum class RequestPriority { low, normal, high, critical };

template <>
struct EnumNames<RequestPriority> {
  static constexpr std::array<std::string_view, 4> values{"low", "normal", "high", "critical"};
};

/// The state of a request. All but `pending` are final.
enum class RequestStatus { pending, approved, rejected, timeout, responded, cancelled };

template <>
struct EnumNames<RequestStatus> {
  static constexpr std::array<std::string_view, 6> values{"pending", "approved",  "rejected",
                                                          "timeout", "responded", "cancelled"};
};

/// A question of an agent to a human.
struct HumanRequest {
  std::string id{};  ///< empty: a UUID (version 4) is generated
  std::string agent_id{};
  std::optional<std::string> session_id{};
  std::string question{};
  JsonObject context{};
  RequestType request_type = RequestType::approval;
  RequestPriority priority = RequestPriority::normal;
  std::chrono::milliseconds timeout_ms{0};        ///< 0: it never expires
  Timestamp created_at{};                         ///< not set: the time of the call
  std::optional<Timestamp> expires_at{};          ///< `created_at` plus `timeout_ms`; ignored in a write
  RequestStatus status = RequestStatus::pending;  ///< from `expires_at` on, pending requests read as `timeout`
  std::string response{};
  JsonObject response_data{};
  std::optional<Timestamp> responded_at{};  ///< when it was answered or cancelled
  std::string responded_by{};
  std::string kind{};      ///< what the request is for, in your program's words: a held tool call, a question
  std::string summary{};   ///< what a reviewer reads in a list
  JsonValue parameters{};  ///< the arguments of the call that waits for the answer, as the model wrote them; null: none

  friend bool operator==(const HumanRequest&, const HumanRequest&) = default;
};

/// A human's answer.
struct HumanResponse {
  RequestStatus status = RequestStatus::responded;  ///< approved, rejected or responded
  std::string response{};
  JsonObject response_data{};
  std::string responded_by{};
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::HumanRequest, id, agent_id, session_id, question, context, request_type, priority,
                    timeout_ms, created_at, expires_at, status, response, response_data, responded_at, responded_by,
                    kind, summary, parameters);
HEDDLE_NULL_BY_DEFAULT(heddle::HumanRequest, kind, summary, parameters);
HEDDLE_ADAPT_STRUCT(heddle::HumanResponse, status, response, response_data, responded_by);
HEDDLE_LIMIT_TEXTS(heddle::HumanRequest, heddle::limits::id, id, agent_id, session_id, kind);
