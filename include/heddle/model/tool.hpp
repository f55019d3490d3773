#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// A call of a tool by the model.
struct ToolCall {
  std::string id{};  ///< the provider's; opaque
  std::string name{};
  JsonValue input{"{}"};            ///< the arguments as the model wrote them; see arguments_of
  std::string thought_signature{};  ///< opaque; returned byte for byte

  friend bool operator==(const ToolCall&, const ToolCall&) = default;
};

/// The failure of a tool, as the tool reports it.
struct ToolError {
  std::string code{};
  std::string message{};
  JsonValue details{"{}"};
  bool retryable = false;
  std::string suggestion{};

  friend bool operator==(const ToolError&, const ToolError&) = default;
};

/// The result of a tool.
struct ToolResult {
  bool success = false;
  JsonValue data{};
  std::optional<ToolError> error{};
  JsonValue metadata{"{}"};
  std::chrono::milliseconds execution_time_ms{0};
  bool cache_hit = false;
  std::optional<DataReference> data_reference{};

  friend bool operator==(const ToolResult&, const ToolResult&) = default;
};

/// One execution of a tool in a session.
struct ToolExecution {
  std::string tool_name{};
  JsonValue input{"{}"};  ///< the arguments as the model wrote them; see arguments_of
  std::optional<ToolResult> result{};
  std::optional<std::string> error{};
  std::chrono::milliseconds execution_time_ms{0};
  Timestamp timestamp{};     ///< not set: the time of the save
  std::string call_id{};     ///< the id of the call, if there was one
  Timestamp started_at{};    ///< not set: not known
  Timestamp ended_at{};      ///< not set: not known
  std::string session_id{};  ///< filled in when read

  friend bool operator==(const ToolExecution&, const ToolExecution&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::ToolCall, id, name, input, thought_signature);
HEDDLE_ADAPT_STRUCT(heddle::ToolError, code, message, details, retryable, suggestion);
HEDDLE_ADAPT_STRUCT(heddle::ToolResult, success, data, error, metadata, execution_time_ms, cache_hit, data_reference);
HEDDLE_ADAPT_STRUCT(heddle::ToolExecution, tool_name, input, result, error, execution_time_ms, timestamp, call_id,
                    started_at, ended_at, session_id);
HEDDLE_NULL_BY_DEFAULT(heddle::ToolExecution, call_id, started_at, ended_at);
HEDDLE_LIMIT_TEXTS(heddle::ToolCall, heddle::limits::provider_id, id);
HEDDLE_LIMIT_TEXTS(heddle::ToolExecution, heddle::limits::id, session_id);
HEDDLE_LIMIT_TEXTS(heddle::ToolExecution, heddle::limits::provider_id, call_id);
