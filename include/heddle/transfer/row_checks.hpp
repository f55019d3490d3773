// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/model/table.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/sealed_query/check_image.hpp"
#include "heddle/sql/message_parts.hpp"
#include "heddle/stores/detail/artifact_checks.hpp"
#include "heddle/stores/detail/human_requests.hpp"
#include "heddle/stores/detail/whole_messages.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/control_statements.hpp"
#include "heddle/transfer/line_fields.hpp"
#include "heddle/transfer/row_columns.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>

namespace heddle::transfer {

inline constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();

/// What each row of a stream must be, by itself: a stream comes from outside, and nothing but this keeps a tenant from
/// rows that no write stores. A key of SQLite is a number with the sequence in its lower bits, so that a sequence that
/// is out of range would be one of another tenant.
class RowChecks {
 public:
  /// With `are_checked` false the rows were checked before.
  explicit RowChecks(const LineFields& fields, bool are_checked = true) : fields_(fields), checks_(are_checked) {}

  /// Throws `data_loss` with the number of the line.
  template <class Row>
  void operator()(const Row& row) const {
    if (!checks_) { return; }
    try {
      check(row);
    } catch (const Error& error) { fields_.refuse(std::string("cannot be stored: ").append(error.what())); }
  }
  // What refers to other records; StreamChecks compares it with them.
  void segment(std::int64_t /*branch*/, std::int64_t /*source*/, const SegmentRow& /*row*/) const noexcept {}
  void fold(std::int64_t /*branch*/, std::optional<std::int64_t> /*summary*/) const noexcept {}

 protected:
  [[nodiscard]] const LineFields& fields() const noexcept { return fields_; }

 private:
  using Path = validation::FieldPath;

  static void between(const Path& field, Integer value, Integer first, Integer last = most) {
    if (value < first || value > last) {
      validation::refuse(field, "is not between " + std::to_string(first) + " and " + std::to_string(last));
    }
  }
  static void check_session_id(const Path& field, const Text& id) {
    validation::check_id(field, id);
    if (id == staging_session) { validation::refuse(field, "is that of the session of an import"); }
  }
  /// A number to which later writes add: they must have room for that.
  static void check_count(const Path& field, Integer value, Integer first = 0) {
    between(field, value, first, limits::tokens * (limits::sequence + 1));
  }
  static void check_time(const Path& field, Integer time) {
    validation::check_time(field, Timestamp(Timestamp::duration(time)));
  }
  /// A time of deletion, which is added to the mark of the import.
  static void check_deletion(const Path& field, const OptionalInteger& time) {
    if (!time) { return; }
    between(field, *time, 1);
    check_time(field, *time);
  }
  /// A sum of costs of messages.
  static void check_costs(const Path& field, double dollars) {
    if (dollars < 0 || dollars > limits::dollars * static_cast<double>(limits::sequence)) {
      validation::refuse(field, "is negative, or greater than costs can be");
    }
  }
  /// Messages that one branch wrote, or that it is to write: none if the last is the one before the first.
  static void check_range(Integer begin, Integer end) {
    between("first_sequence", begin, 1, limits::sequence + 1);
    between("last_sequence", end, begin - 1, limits::sequence);
  }

  static void check(const MessagePlace& place) { between("sequence", place.sequence, 1, limits::sequence); }
  static void check(const SessionRow& row) {
    Session session;
    read_model<reflection::Without<reflection::All<Session>, &Session::user_id>>(row, session);
    check_session_id("session.id", session.id);
    validation::check("session", session);
    if (session.parent_session_id) { check_session_id("session.parent_session_id", *session.parent_session_id); }
    check_count("session.total_tokens", session.total_tokens);
    check_costs("session.total_cost_usd", session.total_cost_usd);
    check_count("session.revision", session.revision);
    check_count("session.branch", session.branch, 1);
    between("session.last_sequence", session.last_sequence, 0, limits::sequence);
    between("session.first_sequence", row.first_sequence, 1, limits::sequence + 1);
    check_deletion("session.deleted_at", row.deleted_at);
  }
  static void check(const BranchRow& row) {
    if (row.session_id) { check_session_id("branch.session_id", *row.session_id); }
    check_count("branch.branch", row.branch, 1);
    check_range(row.first_sequence, row.last_sequence.value_or(limits::sequence));
    if (row.hidden_at) { check_time("branch.hidden_at", *row.hidden_at); }
  }
  static void check(const SegmentRow& row) { check_range(row.first_sequence, row.last_sequence); }
  static void check(const SummaryRow& row) {
    MemorySnapshot summary;
    using Members =
        reflection::Only<&MemorySnapshot::content, &MemorySnapshot::token_count, &MemorySnapshot::created_at>;
    read_model<Members>(row, summary);
    validation::check("summary", summary);
    validation::check_tokens("summary.token_count", summary.token_count);
  }
  static void check(const FoldRow& row) {
    between("fold.outer_last", row.outer_last, 0, limits::sequence);
    between("fold.last_sequence", row.last_sequence, 0, limits::sequence);
    between("fold.first_sequence", row.first_sequence, 0, row.last_sequence);
  }
  static void check(const MessageRow& row) {
    Message message;
    read_model<reflection::Without<reflection::All<Message>, &Message::session_id, &Message::state, &Message::sequence,
                                   &Message::folded_first, &Message::folded_last>>(row, message);
    sql::complete_row(message);
    validation::check("message", message);
    validation::check_tokens("message.token_count", message.token_count);
    validation::check_cost("message.cost_usd", message.cost_usd);
    stores::detail::check_whole("message", message);
    if (row.stream) { between("message.stream", *row.stream, 1, 1); }
  }
  static void check(const LinkRow& row) {
    between("tool_link.position", row.position, 0, static_cast<Integer>(limits::list));
    between("tool_link.is_result", row.is_result, 0, 1);
    validation::check_text("tool_link.call_id", row.call_id, limits::provider_id);
  }
  static void check(const StreamRow& row) {
    check_count("message_stream.writer", row.writer, 1);
    between("message_stream.silence", row.silence, 1, std::chrono::microseconds(std::chrono::days(1)).count());
    between("message_stream.size", row.size, 0, static_cast<Integer>(limits::text));
    check_time("message_stream.touched_at", row.touched_at);
  }
  static void check(const ChunkRow& row) {
    between("message_chunk.start", row.start, 0, static_cast<Integer>(limits::text));
    validation::check_text("message_chunk.text", row.text, limits::text);
  }
  static void check(const ExecutionRow& row) {
    ToolExecution execution;
    read_model<reflection::All<ToolExecution>>(row, execution);
    check_session_id("execution.session_id", execution.session_id);
    validation::check("execution", execution);
  }
  static void check(const UsageRow& row) {
    check_session_id("usage.session_id", row.session_id);
    validation::check_text("usage.model", row.model, limits::id);
    check_time("usage.day", row.day);
    for (const Integer sum : {row.messages, row.input_tokens, row.output_tokens, row.cached_read_tokens,
                              row.cached_write_tokens, row.reasoning_tokens}) {
      check_count("a sum of usage", sum);
    }
    check_costs("usage.cost_usd", row.cost_usd);
  }
  static void check(const SnapshotRow& row) {
    MemorySnapshot snapshot;
    read_model<reflection::All<MemorySnapshot>>(row, snapshot);
    validation::check_id("snapshot.id", snapshot.id);
    check_session_id("snapshot.session_id", snapshot.session_id);
    validation::check("snapshot", snapshot);
  }
  static void check(const ErrorRow& row) {
    StoredError error;
    read_model<reflection::Without<reflection::All<StoredError>, &StoredError::raw_error>>(row, error);
    validation::check_id("error.id", error.id);
    validation::check("error", error);
    if (error.session_id) { check_session_id("error.session_id", *error.session_id); }
    // A text that is no JSON was stored as a string in an object: six bytes for each byte at most.
    validation::check_text("error.raw_error", row.raw_error, 7 * limits::text);
  }
  static void check(const ArtifactRow& row) {
    Artifact artifact;
    read_model<reflection::All<Artifact>>(row, artifact);
    validation::check_id("artifact.id", artifact.id);
    stores::detail::check_artifact(artifact);
    if (artifact.session_id) { check_session_id("artifact.session_id", *artifact.session_id); }
    check_count("artifact.version", artifact.version);
    check_count("artifact.revision", artifact.revision);
    check_deletion("artifact.deleted_at", row.deleted_at);
  }
  static void check(const ContentRow& row) {
    between("content.size_bytes", row.size_bytes, 0, limits::content);
    validation::check_text("content.checksum", row.checksum, limits::id);
  }
  static void check(const ContentChunkRow& row) { between("content_chunk.position", row.position, 0); }
  static void check(const VersionRow& row) {
    ArtifactVersion version;
    read_model<reflection::All<ArtifactVersion>>(row, version);
    validation::check_id("artifact_version.artifact_id", version.artifact_id);
    validation::check("artifact_version", version);
    check_count("artifact_version.version", version.version, 1);
    between("artifact_version.size_bytes", version.size_bytes, 0, limits::content);
  }
  static void check(const QuotaRow& row) { between("artifact_quota.quota_bytes", row.quota_bytes, 0); }
  static void check(const RequestRow& row) {
    HumanRequest request;
    read_model<reflection::All<HumanRequest>>(row, request);
    validation::check_id("request.id", request.id);
    stores::detail::check_request(request);
    if (request.session_id) { check_session_id("request.session_id", *request.session_id); }
  }
  static void check(const KeyRow& row) {
    validation::check_id("idempotency_key.key", row.key);
    if (row.session_id) { check_session_id("idempotency_key.session_id", *row.session_id); }
    validation::check_text("idempotency_key.operation", row.operation, limits::id);
    validation::check_text("idempotency_key.fingerprint", row.fingerprint, limits::name);
    validation::check_text("idempotency_key.answer_text", row.answer_text, limits::text);
    check_time("idempotency_key.created_at", row.created_at);
  }
  static void check(const ResultRow& row) {
    ResultMetadata result;
    read_model<reflection::All<ResultMetadata>>(row, result);
    validation::check_id("result.id", result.id);
    validation::check("result", result);
    between("result.row_count", result.row_count, 0);
    between("result.column_count", result.column_count, 0);
    const std::span<const std::byte> image(row.image);
    if (image.size() > limits::image || row.size_bytes != static_cast<Integer>(image.size())) {
      validation::refuse("result.size_bytes", "is not that of the image");
    }
    sealed_query::check_image_header(image);
    if (heddle::detail::crypto::sha256_hex(image) != result.checksum) {
      validation::refuse("result.checksum", "is not that of the image");
    }
  }

  const LineFields& fields_;
  bool checks_;
};

}  // namespace heddle::transfer
