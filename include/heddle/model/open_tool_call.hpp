#pragma once

#include "heddle/model/tool.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <string>

namespace heddle {

/// A call of a tool that has no result; see SessionStorage.
struct OpenToolCall {
  std::string session_id{};
  std::int64_t sequence = 0;  ///< of the message with the call
  ToolCall call{};

  friend bool operator==(const OpenToolCall&, const OpenToolCall&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::OpenToolCall, session_id, sequence, call);
