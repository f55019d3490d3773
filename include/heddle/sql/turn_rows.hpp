// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heddle::sql {

/// All calls of a message, of which one is open.
struct StoredToolCall {
  std::string session_id{};
  std::int64_t sequence = 0;
  std::vector<ToolCall> tool_calls{};
  std::int64_t position = 0;  ///< of the open call
};

/// What is stored of a message that is being written.
struct StoredStream {
  std::int64_t writer = 0;
  std::string text{};
  Timestamp begun_at{};
};

/// What was appended to a message since, with the text before it in the same chunk.
struct StoredGrowth {
  MessageState state = MessageState::complete;
  std::int64_t bytes = 0;
  std::int64_t start = 0;  ///< the number of bytes before the text
  std::string text{};
};

/// A message whose writer is silent.
struct StoredInterruption {
  std::string session_id{};
  std::int64_t branch = 0;
  std::int64_t sequence = 0;
  std::int64_t bytes = 0;
  Timestamp last_append_at{};
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::StoredToolCall, session_id, sequence, tool_calls, position);
HEDDLE_ADAPT_STRUCT(heddle::sql::StoredStream, writer, text, begun_at);
HEDDLE_ADAPT_STRUCT(heddle::sql::StoredGrowth, state, bytes, start, text);
HEDDLE_ADAPT_STRUCT(heddle::sql::StoredInterruption, session_id, branch, sequence, bytes, last_append_at);
