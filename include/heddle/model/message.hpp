#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace heddle {

/// The author of a message.
enum class Role { system, user, assistant, tool };

template <>
struct EnumNames<Role> {
  static constexpr std::array<std::string_view, 4> values{"system", "user", "assistant", "tool"};
};

/// The visibility of a message: for its own agent, also for the coordinator, or also for the agents of child sessions.
enum class SessionContext { direct, coordinator, shared };

template <>
struct EnumNames<SessionContext> {
  static constexpr std::array<std::string_view, 3> values{"direct", "coordinator", "shared"};
};

/// Whether a message is whole; see MessageStreamStorage.
enum class MessageState {
  complete,
  streaming,   ///< it is being written: its content grows
  interrupted  ///< its writer has been silent for too long: it is what was written, until it is taken over
};

template <>
struct EnumNames<MessageState> {
  static constexpr std::array<std::string_view, 3> values{"complete", "streaming", "interrupted"};
};

/// The content of a block.
enum class ContentKind { text, image_base64, image_url };

template <>
struct EnumNames<ContentKind> {
  static constexpr std::array<std::string_view, 3> values{"text", "image_base64", "image_url"};
};

/// One part of a message that has several kinds of content.
struct ContentBlock {
  ContentKind kind = ContentKind::text;
  std::string value{};       ///< the text, the image in base64, or its URL; see `kind`
  std::string media_type{};  ///< of an image, such as image/png

  friend bool operator==(const ContentBlock&, const ContentBlock&) = default;
};

/// One message of a session. It is given by its `parts`, or, if that list is empty, by `content`, `content_blocks`,
/// `tool_calls`, `tool_use_id` and `tool_result`; see SessionStorage.
struct Message {
  Role role = Role::user;
  std::string content{};  ///< of a message with parts: its texts, joined by newlines
  std::vector<ContentBlock> content_blocks{};
  std::vector<ToolCall> tool_calls{};
  std::string tool_use_id{};  ///< the id of the call to which a tool message is the result
  std::optional<ToolResult> tool_result{};
  SessionContext session_context = SessionContext::direct;
  std::string agent_id{};
  Timestamp timestamp{};  ///< not set: the time of the save
  std::int64_t token_count = 0;
  double cost_usd = 0;
  std::vector<Part> parts{};  ///< in order; if there are any, a write ignores the five members that they replace
  std::string provider_id{};  ///< the provider's id of the message
  std::string model{};        ///< the model that wrote it; part of the sums of usage
  std::string stop_reason{};  ///< why the model stopped, in the provider's words
  Usage usage{};              ///< part of the sums of usage; not of the totals of the session
  JsonObject metadata{};
  std::string session_id{};                     ///< filled in when read
  std::optional<std::string> redacted{};        ///< filled in when read: why `redact_messages` has removed its content
  MessageState state = MessageState::complete;  ///< filled in when read
  std::int64_t sequence = 0;                    ///< filled in when read: 1, 2, 3 ... in its session, without gaps
  /// Filled in when read: the range of messages for which this one stands, if it is a fold, whose `sequence` is
  /// `folded_last`. Both are 0 for every other message.
  std::int64_t folded_first = 0;
  std::int64_t folded_last = 0;

  friend bool operator==(const Message&, const Message&) = default;
};

/// One turn of an agent: messages and the executions of the tools that they call. Stored atomically.
struct Turn {
  std::vector<Message> messages{};
  std::vector<ToolExecution> executions{};
};

/// The sequence numbers of the messages of one write; `last < first` if it had none.
struct SequenceRange {
  std::int64_t first = 0;
  std::int64_t last = 0;
  std::int64_t branch = 1;  ///< of the session, to which the messages were appended

  friend bool operator==(const SequenceRange&, const SequenceRange&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::ContentBlock, kind, value, media_type);
HEDDLE_ADAPT_STRUCT(heddle::Message, role, content, content_blocks, tool_calls, tool_use_id, tool_result,
                    session_context, agent_id, timestamp, token_count, cost_usd, parts, provider_id, model, stop_reason,
                    usage, metadata, session_id, redacted, state, sequence, folded_first, folded_last);
HEDDLE_NULL_BY_DEFAULT(heddle::Message, provider_id, model, stop_reason, metadata);
HEDDLE_LIMIT_TEXTS(heddle::Message, heddle::limits::id, agent_id, model, session_id);
HEDDLE_LIMIT_TEXTS(heddle::Message, heddle::limits::provider_id, tool_use_id, provider_id);
HEDDLE_LIMIT_TEXTS(heddle::Message, heddle::limits::name, stop_reason);
