// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The rows of the tables as the records of a stream: their members are the fields of a record, and columns. Numbers
/// that only one database knows are not among them; see Line. Times are microseconds.
namespace heddle::transfer {

/// A column with JSON that Heddle has written: it stands in the record as it is.
struct JsonColumn {
  std::string text{};
  operator std::string_view() const noexcept { return text; }  // NOLINT(google-explicit-constructor): as a parameter
};

using Text = std::string;
using OptionalText = std::optional<std::string>;
using Integer = std::int64_t;
using OptionalInteger = std::optional<std::int64_t>;
using OptionalJson = std::optional<JsonColumn>;
using Bytes = std::vector<std::byte>;

/// The key of a message in a stream.
struct MessagePlace {
  Integer branch = 0;  ///< the place of the branch that wrote it
  Integer sequence = 0;
};

struct SessionRow {
  Text id{};
  Text name{};
  Text agent_id{};
  OptionalText parent_session_id{};
  Text context{};
  Integer created_at = 0;
  Integer updated_at = 0;
  double total_cost_usd = 0;
  Integer total_tokens = 0;
  Integer revision = 0;
  OptionalInteger deleted_at{};
  Integer last_sequence = 0;
  Integer branch = 0;
  Integer first_sequence = 0;  ///< of its first branch
};

struct BranchRow {
  OptionalText session_id{};  ///< null: its session is gone, but others share its messages
  Integer branch = 0;
  Integer first_sequence = 0;
  OptionalInteger last_sequence{};
  OptionalInteger hidden_at{};
};

struct SegmentRow {
  Integer first_sequence = 0;
  Integer last_sequence = 0;
};

struct SummaryRow {
  Text content{};
  Integer token_count = 0;
  Integer created_at = 0;
};

struct FoldRow {
  Integer outer_last = 0;
  Integer last_sequence = 0;
  Integer first_sequence = 0;
};

struct MessageRow {
  Text role{};
  Text content{};
  OptionalJson content_blocks{};
  OptionalJson tool_calls{};
  Text tool_use_id{};
  OptionalJson tool_result{};
  Text session_context{};
  Text agent_id{};
  Integer timestamp = 0;
  Integer token_count = 0;
  double cost_usd = 0;
  OptionalJson parts{};
  OptionalText provider_id{};
  OptionalText model{};
  OptionalText stop_reason{};
  OptionalInteger input_tokens{};
  OptionalInteger output_tokens{};
  OptionalInteger cached_read_tokens{};
  OptionalInteger cached_write_tokens{};
  OptionalInteger reasoning_tokens{};
  OptionalText metadata{};
  OptionalText redacted{};
  OptionalInteger stream{};
};

struct LinkRow {
  Integer position = 0;
  Text call_id{};
  Integer is_result = 0;
};

struct StreamRow {
  Integer writer = 0;
  Integer silence = 0;
  Integer touched_at = 0;
  Integer size = 0;
};

struct ChunkRow {
  Integer start = 0;
  Text text{};
};

struct ExecutionRow {
  Text session_id{};
  Text tool_name{};
  Text input{};
  OptionalJson result{};
  OptionalText error{};
  Integer execution_time_ms = 0;
  Integer timestamp = 0;
  OptionalText call_id{};
  OptionalInteger started_at{};
  OptionalInteger ended_at{};
};

struct UsageRow {
  Text session_id{};
  Text model{};
  Integer day = 0;
  Integer messages = 0;
  Integer input_tokens = 0;
  Integer output_tokens = 0;
  Integer cached_read_tokens = 0;
  Integer cached_write_tokens = 0;
  Integer reasoning_tokens = 0;
  double cost_usd = 0;
};

struct SnapshotRow {
  Text id{};
  Text session_id{};
  Text snapshot_type{};
  Text content{};
  Integer token_count = 0;
  Integer created_at = 0;
};

struct ErrorRow {
  Text id{};
  Integer timestamp = 0;
  OptionalText session_id{};
  Text tool_name{};
  Text raw_error{};
  Text short_summary{};
};

struct ArtifactRow {
  Text id{};
  Text name{};
  Text path{};
  Text source{};
  Text source_agent_id{};
  Text purpose{};
  Text content_type{};
  Integer size_bytes = 0;
  Text checksum{};
  Integer created_at = 0;
  Integer updated_at = 0;
  OptionalInteger last_accessed_at{};
  Integer access_count = 0;
  OptionalJson tags{};
  OptionalJson metadata{};
  OptionalInteger deleted_at{};
  OptionalText session_id{};
  Integer revision = 0;
  Integer version = 0;
};

struct ContentRow {
  Text checksum{};
  Integer size_bytes = 0;
};

struct ContentChunkRow {
  Integer position = 0;
  Bytes bytes{};
};

struct VersionRow {
  Text artifact_id{};
  Integer version = 0;
  Text checksum{};
  Integer size_bytes = 0;
  Text content_type{};
  Integer created_at = 0;
};

struct QuotaRow {
  Integer quota_bytes = 0;
};

struct RequestRow {
  Text id{};
  Text agent_id{};
  OptionalText session_id{};
  Text question{};
  Text context{};
  Text request_type{};
  Text priority{};
  Integer timeout_ms = 0;
  Integer created_at = 0;
  OptionalInteger expires_at{};
  Text status{};
  Text response{};
  Text response_data{};
  OptionalInteger responded_at{};
  Text responded_by{};
  OptionalText kind{};
  OptionalText summary{};
  OptionalText parameters{};
};

struct KeyRow {
  Text key{};
  OptionalText session_id{};
  Text operation{};
  Text fingerprint{};
  Integer answer_number = 0;
  Text answer_text{};
  Integer created_at = 0;
};

struct ResultRow {
  Text id{};
  Text table_name{};
  Integer row_count = 0;
  Integer column_count = 0;
  OptionalJson columns{};
  JsonColumn preview{};
  Integer stored_at = 0;
  Integer accessed_at = 0;
  Integer expires_at = 0;
  Integer size_bytes = 0;
  Text checksum{};
  OptionalJson metadata{};
  Bytes image{};  ///< in a table of its own
};

}  // namespace heddle::transfer

HEDDLE_ADAPT_STRUCT(heddle::transfer::SessionRow, id, name, agent_id, parent_session_id, context, created_at,
                    updated_at, total_cost_usd, total_tokens, revision, deleted_at, last_sequence, branch,
                    first_sequence);
HEDDLE_ADAPT_STRUCT(heddle::transfer::BranchRow, session_id, branch, first_sequence, last_sequence, hidden_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::SegmentRow, first_sequence, last_sequence);
HEDDLE_ADAPT_STRUCT(heddle::transfer::SummaryRow, content, token_count, created_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::FoldRow, outer_last, last_sequence, first_sequence);
HEDDLE_ADAPT_STRUCT(heddle::transfer::MessageRow, role, content, content_blocks, tool_calls, tool_use_id, tool_result,
                    session_context, agent_id, timestamp, token_count, cost_usd, parts, provider_id, model, stop_reason,
                    input_tokens, output_tokens, cached_read_tokens, cached_write_tokens, reasoning_tokens, metadata,
                    redacted, stream);
HEDDLE_ADAPT_STRUCT(heddle::transfer::LinkRow, position, call_id, is_result);
HEDDLE_ADAPT_STRUCT(heddle::transfer::StreamRow, writer, silence, touched_at, size);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ChunkRow, start, text);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ExecutionRow, session_id, tool_name, input, result, error, execution_time_ms,
                    timestamp, call_id, started_at, ended_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::UsageRow, session_id, model, day, messages, input_tokens, output_tokens,
                    cached_read_tokens, cached_write_tokens, reasoning_tokens, cost_usd);
HEDDLE_ADAPT_STRUCT(heddle::transfer::SnapshotRow, id, session_id, snapshot_type, content, token_count, created_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ErrorRow, id, timestamp, session_id, tool_name, raw_error, short_summary);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ArtifactRow, id, name, path, source, source_agent_id, purpose, content_type,
                    size_bytes, checksum, created_at, updated_at, last_accessed_at, access_count, tags, metadata,
                    deleted_at, session_id, revision, version);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ContentRow, checksum, size_bytes);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ContentChunkRow, position, bytes);
HEDDLE_ADAPT_STRUCT(heddle::transfer::VersionRow, artifact_id, version, checksum, size_bytes, content_type, created_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::QuotaRow, quota_bytes);
HEDDLE_ADAPT_STRUCT(heddle::transfer::RequestRow, id, agent_id, session_id, question, context, request_type, priority,
                    timeout_ms, created_at, expires_at, status, response, response_data, responded_at, responded_by,
                    kind, summary, parameters);
HEDDLE_ADAPT_STRUCT(heddle::transfer::KeyRow, key, session_id, operation, fingerprint, answer_number, answer_text,
                    created_at);
HEDDLE_ADAPT_STRUCT(heddle::transfer::ResultRow, id, table_name, row_count, column_count, columns, preview, stored_at,
                    accessed_at, expires_at, size_bytes, checksum, metadata, image);
