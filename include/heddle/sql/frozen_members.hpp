// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/artifact.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/model/table.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/model/usage.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/sql/frozen.hpp"

/// The frozen members of all records; see Frozen. `Members` must never change: a member that is added to a struct
/// later is not listed there. `Ignored` may grow by a member that is not part of a request.
namespace heddle::sql {

using reflection::Only;

template <>
struct Frozen<Session> {
  using Members = Only<&Session::id, &Session::name, &Session::agent_id, &Session::parent_session_id, &Session::context,
                       &Session::created_at, &Session::updated_at, &Session::total_cost_usd, &Session::total_tokens>;
  using Ignored = Only<&Session::last_sequence, &Session::user_id, &Session::branch>;
};

template <>
struct Frozen<SessionPatch> {
  using Members = Only<&SessionPatch::name, &SessionPatch::agent_id, &SessionPatch::parent_session_id,
                       &SessionPatch::context, &SessionPatch::revision>;
  using Ignored = Only<>;
};

/// Of a message with parts, MessageWriter adds the columns of its content instead of the members that they replace.
template <>
struct Frozen<Message> {
  using Members = Only<&Message::role, &Message::content, &Message::content_blocks, &Message::tool_calls,
                       &Message::tool_use_id, &Message::tool_result, &Message::session_context, &Message::agent_id,
                       &Message::timestamp, &Message::token_count, &Message::cost_usd>;
  using Ignored = Only<&Message::parts, &Message::session_id, &Message::redacted, &Message::state, &Message::sequence,
                       &Message::folded_first, &Message::folded_last>;
};

template <>
struct Frozen<ToolExecution> {
  using Members = Only<&ToolExecution::tool_name, &ToolExecution::input, &ToolExecution::result, &ToolExecution::error,
                       &ToolExecution::execution_time_ms, &ToolExecution::timestamp>;
  using Ignored = Only<&ToolExecution::session_id>;
};

template <>
struct Frozen<MemorySnapshot> {
  using Members = Only<&MemorySnapshot::id, &MemorySnapshot::session_id, &MemorySnapshot::snapshot_type,
                       &MemorySnapshot::content, &MemorySnapshot::token_count, &MemorySnapshot::created_at>;
  using Ignored = Only<>;
};

template <>
struct Frozen<Artifact> {
  using Members = Only<&Artifact::id, &Artifact::name, &Artifact::path, &Artifact::source, &Artifact::source_agent_id,
                       &Artifact::purpose, &Artifact::content_type, &Artifact::size_bytes, &Artifact::checksum,
                       &Artifact::created_at, &Artifact::last_accessed_at, &Artifact::access_count, &Artifact::tags,
                       &Artifact::metadata, &Artifact::session_id>;
  using Ignored = Only<&Artifact::updated_at, &Artifact::deleted_at, &Artifact::version>;
};

template <>
struct Frozen<ArtifactPatch> {
  using Members =
      Only<&ArtifactPatch::name, &ArtifactPatch::path, &ArtifactPatch::source, &ArtifactPatch::source_agent_id,
           &ArtifactPatch::purpose, &ArtifactPatch::content_type, &ArtifactPatch::size_bytes, &ArtifactPatch::checksum,
           &ArtifactPatch::session_id, &ArtifactPatch::add_tags, &ArtifactPatch::remove_tags, &ArtifactPatch::metadata,
           &ArtifactPatch::remove_metadata, &ArtifactPatch::revision>;
  using Ignored = Only<>;
};

template <>
struct Frozen<StoredError> {
  using Members = Only<&StoredError::id, &StoredError::timestamp, &StoredError::session_id, &StoredError::tool_name,
                       &StoredError::raw_error, &StoredError::short_summary>;
  using Ignored = Only<>;
};

/// The table is not a member here: `stores::detail::fingerprint` adds its cells.
template <>
struct Frozen<NewResult> {
  using Members = Only<&NewResult::id, &NewResult::table_name, &NewResult::time_to_live, &NewResult::metadata>;
  using Ignored = Only<&NewResult::table>;
};

template <>
struct Frozen<HumanRequest> {
  using Members = Only<&HumanRequest::id, &HumanRequest::agent_id, &HumanRequest::session_id, &HumanRequest::question,
                       &HumanRequest::context, &HumanRequest::request_type, &HumanRequest::priority,
                       &HumanRequest::timeout_ms, &HumanRequest::created_at>;
  using Ignored = Only<&HumanRequest::expires_at, &HumanRequest::status, &HumanRequest::response,
                       &HumanRequest::response_data, &HumanRequest::responded_at, &HumanRequest::responded_by>;
};

/// The form of a HumanRequest in an update.
struct FrozenRequestUpdate {
  using Members = Only<&HumanRequest::id, &HumanRequest::question, &HumanRequest::context, &HumanRequest::request_type,
                       &HumanRequest::priority, &HumanRequest::timeout_ms>;
  using Ignored = Only<&HumanRequest::agent_id, &HumanRequest::session_id, &HumanRequest::created_at,
                       &HumanRequest::expires_at, &HumanRequest::status, &HumanRequest::response,
                       &HumanRequest::response_data, &HumanRequest::responded_at, &HumanRequest::responded_by>;
};

template <>
struct Frozen<HumanResponse> {
  using Members = Only<&HumanResponse::status, &HumanResponse::response, &HumanResponse::response_data,
                       &HumanResponse::responded_by>;
  using Ignored = Only<>;
};

// Records that are stored as JSON.

template <>
struct Frozen<ContentBlock> {
  using Members = Only<&ContentBlock::kind, &ContentBlock::value, &ContentBlock::media_type>;
  using Ignored = Only<>;
};

/// Of these only the members whose values are not the default are stored; see sql/message_parts.hpp.
template <>
struct Frozen<Part> {
  using Members = Only<&Part::kind, &Part::text, &Part::signature, &Part::redacted, &Part::call, &Part::call_id,
                       &Part::result, &Part::media_type, &Part::data, &Part::url, &Part::file_id, &Part::artifact_id,
                       &Part::provider_kind, &Part::json, &Part::extra>;
  using Ignored = Only<>;
};

template <>
struct Frozen<Usage> {
  using Members = Only<&Usage::input_tokens, &Usage::output_tokens, &Usage::cached_read_tokens,
                       &Usage::cached_write_tokens, &Usage::reasoning_tokens>;
  using Ignored = Only<>;
};

template <>
struct Frozen<ToolCall> {
  using Members = Only<&ToolCall::id, &ToolCall::name, &ToolCall::input, &ToolCall::thought_signature>;
  using Ignored = Only<>;
};

template <>
struct Frozen<ToolError> {
  using Members =
      Only<&ToolError::code, &ToolError::message, &ToolError::details, &ToolError::retryable, &ToolError::suggestion>;
  using Ignored = Only<>;
};

template <>
struct Frozen<ToolResult> {
  using Members = Only<&ToolResult::success, &ToolResult::data, &ToolResult::error, &ToolResult::metadata,
                       &ToolResult::execution_time_ms, &ToolResult::cache_hit, &ToolResult::data_reference>;
  using Ignored = Only<>;
};

template <>
struct Frozen<DataReference> {
  using Members = Only<&DataReference::id, &DataReference::size_bytes, &DataReference::location,
                       &DataReference::checksum, &DataReference::compressed, &DataReference::content_type,
                       &DataReference::metadata, &DataReference::stored_at>;
  using Ignored = Only<>;
};

template <>
struct Frozen<Table> {
  using Members = Only<&Table::columns, &Table::rows>;
  using Ignored = Only<>;
};

}  // namespace heddle::sql
