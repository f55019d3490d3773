// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/base64.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/content_upload.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/read_statements.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/stream_writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heddle::transfer {

inline constexpr Refusal import_not_ended{ErrorCode::failed_precondition, "an import or an erasure of this tenant",
                                          "has not ended: end it, or abort the import"};

inline constexpr Refusal content_was_removed{ErrorCode::conflict, "a content of an artifact",
                                             "was removed while it was being exported: export the tenant again"};

/// Places of records in a stream, by their numbers in the database.
class Places {
 public:
  void add(std::int64_t number) { places_.emplace(number, static_cast<std::int64_t>(places_.size()) + 1); }
  [[nodiscard]] std::int64_t of(std::int64_t number) const {
    const auto found = places_.find(number);
    if (found == places_.end()) { throw Error(ErrorCode::data_loss, "a row refers to a row that does not exist"); }
    return found->second;
  }

 private:
  std::unordered_map<std::int64_t, std::int64_t> places_;
};

/// Visits the rows of one statement.
template <class Exporter, RecordType Type>
struct RowVisitor {
  Exporter& exporter;
  template <class Row>
  void operator()(const Row& row) const {
    exporter.template write<Type>(row);
  }
};

/// One export: reads all tables of the tenant in one transaction, and writes their rows as they come.
template <class Policy, class Passage>
class Exporter {
 public:
  Exporter(Passage& passage, const ExportSink& sink, const ExportOptions& options)
      : passage_(passage),
        out_(sink),
        time_(options.time == Timestamp{} ? now() : options.time),
        files_(passage.artifact_directory()) {}

  ExportReport run() {
    const auto version = passage_.read([&](auto& tx) {
      tx.require(import_not_ended, statements_.is_whole, tx.user_id());
      return tx.one(statements_.schema);
    });
    out_.header(passage_.user_id(), version.value_or(0), time_);
    try {
      passage_.read([&](auto& tx) { return read_all(tx); });
    } catch (const Error&) {
      require_content();
      throw;
    }
    ExportReport report = out_.trailer();
    passage_.count(report.records);
    return report;
  }

  template <RecordType Type, class Row, std::size_t Numbers>
  void write(const Line<Row, Numbers>& line) {
    std::string& text = out_.begin(Type);
    if constexpr (Type == RecordType::branch) {
      branches_.add(line.numbers[0]);
    } else if constexpr (Type == RecordType::summary) {
      summaries_.add(line.numbers[0]);
    } else if constexpr (Type == RecordType::segment) {
      refer(text, "branch", branches_.of(line.numbers[0]));
      refer(text, "source", branches_.of(line.numbers[1]));
    } else if constexpr (Type == RecordType::fold) {
      refer(text, "branch", branches_.of(line.numbers[0]));
      if (line.numbers[1] != line.none) { refer(text, "summary", summaries_.of(line.numbers[1])); }
    } else if constexpr (Numbers == 2) {
      refer(text, "branch", branch_of(line.numbers[0]));
      refer(text, "sequence", line.numbers[1]);
    }
    text += line.fields;
    out_.end();
  }

  template <RecordType Type>
  void write(const ContentPiece& piece) {
    if (piece.checksum != content_) {
      content_ = piece.checksum;
      std::string& text = out_.begin(RecordType::content);
      text += ",\"checksum\":";
      append_text(text, piece.checksum);
      refer(text, "size_bytes", piece.size_bytes);
      out_.end();
      if (!piece.in_database) { return write_file(piece); }
    }
    if (piece.in_database && !piece.bytes.empty()) {
      write_chunk(piece.position, {reinterpret_cast<const char*>(piece.bytes.data()), piece.bytes.size()});
    }
  }

 private:
  template <RecordType Type>
  using Visitor = RowVisitor<Exporter, Type>;

  static void refer(std::string& text, std::string_view name, std::int64_t place) {
    text.append(",\"").append(name).append("\":");
    append_number(text, place);
  }

  /// Most rows are of the branch of the row before.
  std::int64_t branch_of(std::int64_t number) {
    if (last_place_ == 0 || number != last_branch_) {
      last_place_ = branches_.of(number);
      last_branch_ = number;
    }
    return last_place_;
  }

  void write_chunk(std::int64_t position, std::string_view bytes) {
    std::string& text = out_.begin(RecordType::content_chunk);
    refer(text, "position", position);
    text.append(R"(,"bytes":")").append(heddle::detail::crypto::to_base64(bytes)).append("\"");
    out_.end();
  }

  void write_file(const ContentPiece& piece) {
    const auto folder = files_.contents(passage_.user_id());
    auto file = folder ? folder->find_file(stores::detail::content_file_name(piece.number)) : std::nullopt;
    if (!file) {
      missing_ = piece.number;
      throw Error(ErrorCode::data_loss, "the file of an artifact's content is missing");
    }
    std::vector<char> chunk(stores::detail::chunk_bytes);
    std::int64_t size = 0;
    for (std::int64_t position = 0;; ++position) {
      std::size_t filled = 0;
      while (filled < chunk.size()) {
        const std::size_t count = file->read(std::span(chunk).subspan(filled));
        if (count == 0) { break; }
        filled += count;
      }
      if (filled == 0) { break; }
      size += static_cast<std::int64_t>(filled);
      write_chunk(position, {chunk.data(), filled});
      if (filled < chunk.size()) { break; }
    }
    if (size != piece.size_bytes) {
      throw Error(ErrorCode::data_loss, "the file of an artifact's content does not have the size of the content");
    }
  }

  /// A file that is missing is damage only if its content is still there: its removal does not wait for exports.
  void require_content() {
    if (!missing_) { return; }
    const auto& contents = stores::detail::content_statements<Policy>();
    const auto found = passage_.read([&](auto& tx) { return tx.one(contents.exists, tx.user_id(), *missing_); });
    if (!found) { throw content_was_removed.error(); }
  }

  /// The unit of work. A list in braces is evaluated from left to right.
  template <class Transaction>
  auto read_all(Transaction& tx) {
    const auto user = tx.user_id();
    const auto& sql = statements_;
    std::tuple results{
        tx.require(import_not_ended, sql.is_whole, user), tx.each(sql.sessions, visit_.sessions, user),
        tx.each(sql.branches, visit_.branches, user),     tx.each(sql.segments, visit_.segments, user),
        tx.each(sql.summaries, visit_.summaries, user),   tx.each(sql.folds, visit_.folds, user),
        tx.each(sql.messages, visit_.messages, user),     tx.each(sql.further_messages, visit_.messages, user),
        tx.each(sql.links, visit_.links, user),           tx.each(sql.further_links, visit_.links, user),
        tx.each(sql.streams, visit_.streams, user),       tx.each(sql.further_streams, visit_.streams, user),
        tx.each(sql.chunks, visit_.chunks, user),         tx.each(sql.further_chunks, visit_.chunks, user),
        tx.each(sql.executions, visit_.executions, user), tx.each(sql.usage, visit_.usage, user),
        tx.each(sql.snapshots, visit_.snapshots, user),   tx.each(sql.errors, visit_.errors, user),
        tx.each(sql.artifacts, visit_.artifacts, user),   tx.each(sql.contents, visit_.contents, user),
        tx.each(sql.versions, visit_.versions, user),     tx.each(sql.quota, visit_.quota, user),
        tx.each(sql.requests, visit_.requests, user),     tx.each(sql.keys, visit_.keys, user),
        tx.each(sql.results, visit_.stored_results, user)};
    return [results = std::move(results)]() mutable {
      std::apply([](auto&... result) { (static_cast<void>(result()), ...); }, results);
    };
  }

  Passage& passage_;
  const ReadStatements<typename Policy::Dialect::Language>& statements_ =
      sql::statements<ReadStatements<typename Policy::Dialect::Language>>();
  StreamWriter out_;
  Timestamp time_;
  stores::detail::ArtifactFiles files_;
  Places branches_{};
  Places summaries_{};
  std::int64_t last_branch_ = 0;
  std::int64_t last_place_ = 0;
  std::string content_{};
  std::optional<std::int64_t> missing_{};  ///< the number of a content whose file is missing

  /// One for each list.
  struct Visitors {
    Exporter& exporter;
    Visitor<RecordType::session> sessions{exporter};
    Visitor<RecordType::branch> branches{exporter};
    Visitor<RecordType::segment> segments{exporter};
    Visitor<RecordType::summary> summaries{exporter};
    Visitor<RecordType::fold> folds{exporter};
    Visitor<RecordType::message> messages{exporter};
    Visitor<RecordType::tool_link> links{exporter};
    Visitor<RecordType::message_stream> streams{exporter};
    Visitor<RecordType::message_chunk> chunks{exporter};
    Visitor<RecordType::tool_execution> executions{exporter};
    Visitor<RecordType::usage> usage{exporter};
    Visitor<RecordType::snapshot> snapshots{exporter};
    Visitor<RecordType::error> errors{exporter};
    Visitor<RecordType::artifact> artifacts{exporter};
    Visitor<RecordType::content> contents{exporter};
    Visitor<RecordType::artifact_version> versions{exporter};
    Visitor<RecordType::artifact_quota> quota{exporter};
    Visitor<RecordType::human_request> requests{exporter};
    Visitor<RecordType::idempotency_key> keys{exporter};
    Visitor<RecordType::result> stored_results{exporter};
  };
  Visitors visit_{*this};
};

}  // namespace heddle::transfer
