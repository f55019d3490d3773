// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

/// Parameters of statements, by name.
namespace heddle::sql {

/// The row of an idempotency key with the Answer of its call. Refers to its texts.
struct KeyRow {
  std::string_view key{};
  std::optional<std::string_view> session_id{};
  std::string_view operation{};
  std::string_view fingerprint{};
  std::int64_t answer_number = 0;
  std::string_view answer_text{};
  Timestamp created_at{};
};

/// The conditions of a SessionFilter; null: no condition. Refers to its texts.
struct SessionConditions {
  std::optional<std::string_view> agent_id{};
  std::optional<std::string_view> parent_session_id{};
  Timestamp updated_from{};
  Timestamp updated_to{};
  std::optional<std::string_view> name_contains{};
  std::optional<std::string_view> context{};
};

/// The members of an ArtifactFilter that always restrict a list.
struct ArtifactRange {
  Timestamp created_from{};
  bool include_deleted = false;
};

/// The number of messages of one write, and their sums.
struct NewMessages {
  std::int64_t count = 0;
  Timestamp saved_at{};
  std::int64_t tokens = 0;
  double cost_usd = 0;
};

/// The columns of a message's content; see sql/message_parts.hpp. Refers to its texts. Empty JSON is null.
struct MessageContent {
  std::string_view content{};
  std::string_view content_blocks{};
  std::string_view tool_calls{};
  std::string_view tool_use_id{};
  std::string_view tool_result{};
  std::string_view parts{};
};

/// What messages of one session, model and day add to the sums of usage. Refers to the model.
struct AddedUsage {
  std::string_view model{};
  Timestamp day{};
  std::int64_t messages = 0;
  std::int64_t input_tokens = 0;
  std::int64_t output_tokens = 0;
  std::int64_t cached_read_tokens = 0;
  std::int64_t cached_write_tokens = 0;
  std::int64_t reasoning_tokens = 0;
  double cost_usd = 0;
};

/// A UsageQuery without session and agent, and the rows of its page. Refers to the model.
struct UsageWindow {
  bool by_session = false;
  bool by_agent = false;
  bool by_model = false;
  bool by_day = false;
  Timestamp from{};
  Timestamp until{};
  std::optional<std::string_view> model{};
  std::int64_t rows = 0;
  std::int64_t offset = 0;
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::KeyRow, key, session_id, operation, fingerprint, answer_number, answer_text,
                    created_at);
HEDDLE_ADAPT_STRUCT(heddle::sql::SessionConditions, agent_id, parent_session_id, updated_from, updated_to,
                    name_contains, context);
HEDDLE_ADAPT_STRUCT(heddle::sql::ArtifactRange, created_from, include_deleted);
HEDDLE_ADAPT_STRUCT(heddle::sql::NewMessages, count, saved_at, tokens, cost_usd);
HEDDLE_ADAPT_STRUCT(heddle::sql::MessageContent, content, content_blocks, tool_calls, tool_use_id, tool_result, parts);
HEDDLE_ADAPT_STRUCT(heddle::sql::AddedUsage, model, day, messages, input_tokens, output_tokens, cached_read_tokens,
                    cached_write_tokens, reasoning_tokens, cost_usd);
HEDDLE_ADAPT_STRUCT(heddle::sql::UsageWindow, by_session, by_agent, by_model, by_day, from, until, model, rows, offset);
HEDDLE_NULL_BY_DEFAULT(heddle::sql::MessageContent, content_blocks, tool_calls, tool_result, parts);
