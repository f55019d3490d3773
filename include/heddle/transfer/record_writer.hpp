// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/sql/columns.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/message_texts.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/transfer/control_statements.hpp"
#include "heddle/transfer/line_fields.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/write_statements.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::transfer {

/// One record of a stream with its place among those of its type.
struct Record {
  RecordType type = RecordType::header;
  std::int64_t line = 0;
  std::int64_t place = 0;
  std::int64_t number = 0;  ///< that a content gets; for a chunk the place of its content
  std::string text{};
  bool has_chunks = false;  ///< of a content, the second time: all its chunks are stored
};

/// Stands in for a transaction, to find out whether records can be read.
struct NoTransaction {
  [[nodiscard]] std::string_view user_id() const noexcept { return {}; }
  template <class... Arguments>
  void run(const Arguments&... /*arguments*/) noexcept {}
};

/// Reads records, checks them by RowChecks or StreamChecks, and runs the statements that write them.
template <class Sql, class Transaction, class Checks>
class RecordWriter {
 public:
  RecordWriter(Transaction& tx, LineFields& fields, Checks& checks, bool takes_quota)
      : tx_(tx), fields_(fields), checks_(checks), takes_quota_(takes_quota) {}

  /// Throws `data_loss` for what is no record of its type.
  void operator()(const Record& record) {
    fields_.parse(record.text, record.line);
    static_cast<void>(fields_.get<Text>("type"));
    write(record);
    fields_.require_end();
  }

 private:
  template <class... Arguments>
  void run(const Arguments&... arguments) {
    // In the order of the parameters behind the user.
    const auto call = [&](const auto& statement, const auto&... rest) { tx_.run(statement, tx_.user_id(), rest...); };
    call(arguments...);
  }
  template <class Row>
  [[nodiscard]] Row read() {
    Row row = fields_.template row<Row>();
    checks_(row);
    return row;
  }
  /// Reads the place of a branch and the sequence of a message that it wrote.
  [[nodiscard]] MessagePlace read_place() {
    const MessagePlace place{fields_.template get<Integer>("branch"), fields_.template get<Integer>("sequence")};
    checks_(place);
    return place;
  }
  template <class Row>
  static sql::Fields<Row> fields_of(const Row& row) {
    return {row};
  }
  /// A row that its statement needs no more for.
  template <class Row, class Statement>
  void write_row(const Statement& statement) {
    const Row row = read<Row>();
    run(statement, fields_of(row));
  }
  /// A row whose session may be missing: it belongs to the session of the import until the end.
  template <class Row, class Statement>
  void write_staged(const Statement& statement) {
    Row row = read<Row>();
    if (!row.session_id) { row.session_id.emplace(staging_session); }
    run(statement, fields_of(row));
  }
  template <class Row, class Statement>
  void write_keyed(const Statement& statement) {
    const auto [branch, sequence] = read_place();
    const Row row = read<Row>();
    run(statement, branch, sequence, fields_of(row));
  }

  void write(const Record& record) {
    switch (record.type) {
      case RecordType::session: return session(record);
      case RecordType::branch: return branch(record);
      case RecordType::segment: {
        const auto place = fields_.template get<Integer>("branch");
        const auto source = fields_.template get<Integer>("source");
        const auto row = read<SegmentRow>();
        checks_.segment(place, source, row);
        return run(sql_.segment, place, source, fields_of(row));
      }
      case RecordType::summary: write_row<SummaryRow>(sql_.summary); return run(sql_.note_summary, record.place);
      case RecordType::fold: {
        const auto place = fields_.template get<Integer>("branch");
        Integer summary = 0;
        const bool has_summary = fields_.find("summary", summary);
        const auto row = read<FoldRow>();
        checks_.fold(place, has_summary ? std::optional(summary) : std::nullopt);
        return run(sql_.fold, place, has_summary ? std::optional(summary) : std::nullopt, fields_of(row));
      }
      case RecordType::message: return message();
      case RecordType::tool_link: return write_keyed<LinkRow>(sql_.link);
      case RecordType::message_stream: return write_keyed<StreamRow>(sql_.stream);
      case RecordType::message_chunk: return write_keyed<ChunkRow>(sql_.chunk);
      case RecordType::tool_execution: return write_row<ExecutionRow>(sql_.execution);
      case RecordType::usage: return write_row<UsageRow>(sql_.usage);
      case RecordType::snapshot: return write_row<SnapshotRow>(sql_.snapshot);
      case RecordType::error: return write_staged<ErrorRow>(sql_.error);
      case RecordType::human_request: return write_staged<RequestRow>(sql_.request);
      case RecordType::artifact: return artifact();
      case RecordType::content: {
        const auto row = read<ContentRow>();
        if (!record.has_chunks) {
          run(sql_.note_content, record.place, record.number, row.checksum);
          return run(sql_.begin_content, record.place);
        }
        run(sql_.content, record.place, fields_of(row));
        run(sql_.end_upload, record.place);
        return run(sql_.abandon_upload, record.place);
      }
      case RecordType::content_chunk: {
        const auto row = read<ContentChunkRow>();
        return run(sql_.content_chunk, record.number, fields_of(row));
      }
      case RecordType::artifact_version: return write_row<VersionRow>(sql_.version);
      case RecordType::artifact_quota: {
        const auto row = read<QuotaRow>();
        if (takes_quota_) { run(sql_.quota, fields_of(row)); }
        return;
      }
      case RecordType::idempotency_key: {
        const auto row = read<KeyRow>();
        run(sql_.note_key, record.place, row.key, row.session_id);
        return run(sql_.key, fields_of(row));
      }
      case RecordType::result: {
        const auto row = read<ResultRow>();
        run(sql_.note_result, record.place, row.id);
        run(sql_.result, sql::Fields<ResultRow, typename Statements::ResultColumns>{row});
        return run(sql_.image, record.place, row.id, std::span<const std::byte>(row.image));
      }
      default: fields_.refuse("has a type that no record has");
    }
  }

  void session(const Record& record) {
    const auto row = read<SessionRow>();
    SessionRow first = row;
    first.deleted_at = hidden + row.deleted_at.value_or(0);
    first.last_sequence = row.first_sequence - 1;
    run(sql_.session, sql::Fields<SessionRow, typename Statements::NewSession>{first});
    run(sql_.note_session, record.place, row.id);
    if (row.parent_session_id) { run(sql_.note_parent, record.place, row.id, *row.parent_session_id); }
    run(sql_.end_session, row.id, row.last_sequence, row.branch);
  }

  void branch(const Record& record) {
    const auto row = read<BranchRow>();
    if (row.session_id && row.branch == 1) { run(sql_.note_first_branch, record.place, row.session_id); }
    run(sql_.number_branch, record.place);
    run(sql_.branch, record.place, fields_of(row));
    run(sql_.end_branch, record.place, row.last_sequence, row.hidden_at);
    if (row.session_id && !row.last_sequence) {
      run(sql_.show_branch, record.place, *row.session_id, row.first_sequence);
    }
  }

  void message() {
    const auto [branch, sequence] = read_place();
    const auto row = read<MessageRow>();
    run(sql_.message, branch, sequence, fields_of(row), sql::SearchText(searched_of(row), row.content.size()));
    if constexpr (Sql::queues_messages) { run(sql::statements<QueueStatements<Sql>>().queue, branch, sequence); }
  }

  /// Returns what is searched of a message, where the statement needs its words.
  [[nodiscard]] const Message& searched_of(const MessageRow& row) {
    if constexpr (Sql::queues_messages || std::same_as<Transaction, NoTransaction>) {
      return wordless_;
    } else {
      const auto text = [](const OptionalJson& json) {
        return json ? std::string_view(json->text) : std::string_view();
      };
      return stored_.message_of(
          {row.content, text(row.content_blocks), text(row.tool_calls), {}, text(row.tool_result), text(row.parts)});
    }
  }

  void artifact() {
    auto row = read<ArtifactRow>();
    row.deleted_at = hidden + row.deleted_at.value_or(0);
    const auto tags =
        row.tags ? sql::json::decode<std::vector<std::string>>(row.tags->text) : std::vector<std::string>{};
    run(sql_.artifact, fields_of(row), sql::SearchText(row.name, row.purpose, tags));
  }

  using Statements = WriteStatements<Sql>;

  const Statements& sql_ = sql::statements<Statements>();
  Transaction& tx_;
  LineFields& fields_;
  Checks& checks_;
  bool takes_quota_;
  sql::StoredTexts<Message> stored_;
  const Message wordless_{};
};

}  // namespace heddle::transfer
