// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/abort.hpp"
#include "heddle/transfer/control_statements.hpp"
#include "heddle/transfer/exporter.hpp"
#include "heddle/transfer/marks.hpp"
#include "heddle/transfer/record_writer.hpp"
#include "heddle/transfer/row_checks.hpp"
#include "heddle/transfer/stream_reader.hpp"
#include "heddle/transfer/verifier.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::transfer {

inline constexpr Refusal tenant_has_data{
    ErrorCode::already_exists, "the tenant",
    "has data: import with on_conflict = skip, into another tenant, or remove the data first"};
inline constexpr Refusal id_of_import_in_use{ErrorCode::failed_precondition, "a session of the tenant",
                                             "has the id \\u0001import, which imports need: delete it first"};
inline constexpr Refusal import_has_begun{ErrorCode::conflict, "an import of this tenant", "has begun meanwhile"};
inline constexpr Refusal import_lacks_records{
    ErrorCode::conflict, "the import",
    "lacks sessions or artifacts: the stream has an id twice, or another call has removed them; abort it"};
inline constexpr Refusal import_was_lost{ErrorCode::conflict, "the import",
                                         "was continued, ended or aborted by another call"};

/// One import: verifies the whole stream, then writes it in batches, each with how far it has come.
template <class Policy, class Passage, class Bytes>
class Importer {
  using Sql = typename Policy::Dialect::Language;

 public:
  Importer(Passage& passage, Bytes& bytes, const ImportOptions& options)
      : passage_(passage), bytes_(bytes), options_(options) {}

  ImportReport run() {
    {
      StreamLines<Bytes> lines(bytes_);
      summary_ = verify<Sql>(lines);
    }
    check_header();
    done_ = begin();
    summary_.report.resumed = done_ > 1;
    write_all();
    end();
    passage_.count(summary_.report.records);
    return std::move(summary_.report);
  }

 private:
  static constexpr std::size_t most_records = 500;
  static constexpr std::size_t most_bytes = std::size_t{4} << 20U;

  void check_header() {
    if (!options_.into_other_tenant && summary_.tenant != passage_.user_id()) {
      throw Error(ErrorCode::failed_precondition,
                  "the stream is of another tenant: set into_other_tenant to import it into this one");
    }
    const auto schema = passage_.read([&](auto& tx) { return tx.one(sql::statements<ReadStatements<Sql>>().schema); });
    if (summary_.schema > schema.value_or(0)) {
      throw Error(ErrorCode::failed_precondition, "the stream is of a newer schema than the database: call migrate()");
    }
  }

  /// Returns the last line that is stored.
  std::int64_t begin() {
    const auto found = passage_.read([&](auto& tx) { return tx.one(control_.progress, tx.user_id()); });
    if (found) {
      if (found->digest == erasure_mark) {
        throw Error(ErrorCode::failed_precondition, "an erasure of this tenant has not ended: end it first");
      }
      if (found->digest == summary_.report.checksum && found->aborting == 0) { return found->line; }
      if (!options_.replace_unfinished) {
        throw Error(ErrorCode::failed_precondition,
                    "an import of another stream into this tenant has not ended: resume or abort it");
      }
      abort<Policy>(passage_);
    }
    SessionRow staging;
    staging.id = staging_session;
    staging.context = "{}";
    staging.deleted_at = hidden;
    passage_.write([&](auto& tx) {
      const auto user = tx.user_id();
      // First, so that what is stored at the same time is seen, or refused: see the migration.
      tx.require(import_has_begun, control_.begin, user, summary_.report.checksum, 1, now());
      if (options_.on_conflict == OnConflict::fail) {
        tx.require(tenant_has_data, control_.is_empty, user);
        // Its quota comes from the stream, whatever an import that was undone has left.
        if (options_.artifact_quota) { tx.run(control_.forget_quota, user); }
      }
      tx.run(sql::statements<WriteStatements<Sql>>().session, user,
             sql::Fields<SessionRow, typename WriteStatements<Sql>::NewSession>{staging});
      tx.require(id_of_import_in_use, control_.is_staged, user, staging_session);
      tx.run(control_.end_batch, user, 1);
      return [] {};
    });
    return 1;
  }

  void write_all() {
    StreamLines<Bytes> lines(bytes_);
    RecordOrder order;
    std::string line;
    std::vector<Record> batch;
    std::size_t size = 0;
    while (lines.next(line)) {
      const std::int64_t number = lines.number();
      if (number == summary_.lines) {
        // Else the file has changed since it was verified.
        if (lines.checksum() != summary_.report.checksum) { refuse_line(number, "follows other lines than before"); }
        break;
      }
      lines.add(line);
      if (number == 1) { continue; }
      Record record = order.next(std::move(line), number);
      line.clear();
      end_content(record, batch);
      if (number <= done_) { continue; }
      if (record.type == RecordType::content) { record.number = new_number(); }
      size += record.text.size();
      batch.push_back(std::move(record));
      if (batch.size() < most_records && size < most_bytes) { continue; }
      write(batch);
      batch.clear();
      size = 0;
    }
    if (!batch.empty()) { write(batch); }
  }

  /// Adds a content again, before the first record behind its chunks: in one batch with that record.
  void end_content(const Record& next, std::vector<Record>& batch) {
    if (next.type == RecordType::content_chunk) { return; }
    if (content_ && next.line > done_) {
      content_->has_chunks = true;
      batch.push_back(std::move(*content_));
    }
    content_.reset();
    if (next.type == RecordType::content) { content_ = next; }
  }

  void write(const std::vector<Record>& batch) {
    passage_.context().check();
    passage_.write([&](auto& tx) {
      hold(tx);
      // Again, if it can have changed since it was verified.
      const RowChecks checks(fields_, bytes_.can_change());
      RecordWriter<Sql, std::remove_reference_t<decltype(tx)>, const RowChecks> write_record(tx, fields_, checks,
                                                                                             options_.artifact_quota);
      for (const Record& record : batch) { write_record(record); }
      tx.run(control_.end_batch, tx.user_id(), batch.back().line);
      return [] {};
    });
    done_ = batch.back().line;
    // The first line is the header.
    if (options_.on_progress) { options_.on_progress({done_ - 1, summary_.report.records}); }
  }

  template <class Transaction>
  void hold(Transaction& tx) {
    tx.require(import_was_lost, control_.begin_batch, tx.user_id(), summary_.report.checksum, done_);
  }

  /// Shows what was written.
  void end() {
    passage_.write([&](auto& tx) {
      const auto user = tx.user_id();
      hold(tx);
      // What hangs on a session or an artifact that another call has removed was left out, as if it had been there.
      if (options_.on_conflict == OnConflict::fail) {
        tx.require(import_lacks_records, control_.is_whole, user, count_of(RecordType::session),
                   count_of(RecordType::artifact));
      }
      tx.run(control_.set_parents, user);
      tx.run(control_.drop_first_segments, user);
      tx.run(control_.drop_first_branches, user);
      tx.run(control_.end_branches, user);
      tx.run(control_.drop_summaries, user);
      tx.run(control_.abandon_uploads, user);
      tx.run(control_.drop_contents, user);
      tx.run(control_.release_errors, user, staging_session);
      tx.run(control_.release_requests, user, staging_session);
      tx.run(control_.show_sessions, user);
      tx.run(control_.show_artifacts, user);
      tx.run(control_.remove_session, user, staging_session);
      tx.run(control_.forget_numbers, user);
      tx.run(control_.forget, user);
      return [] {};
    });
  }

  [[nodiscard]] std::int64_t count_of(RecordType type) const {
    const auto found = summary_.report.counts.find(std::string(to_string(type)));
    return found == summary_.report.counts.end() ? 0 : found->second;
  }

  [[nodiscard]] static std::int64_t new_number() {
    std::array<std::byte, 8> bytes{};
    heddle::detail::crypto::fill_random(bytes);
    std::uint64_t number = 0;
    for (const std::byte byte : bytes) { number = number << 8U | std::to_integer<std::uint64_t>(byte); }
    return static_cast<std::int64_t>(number >> 1U);
  }

  Passage& passage_;
  Bytes& bytes_;
  const ImportOptions& options_;
  const ControlStatements<Sql>& control_ = sql::statements<ControlStatements<Sql>>();
  StreamSummary summary_{};
  LineFields fields_{};
  std::int64_t done_ = 0;            ///< the last line that is stored
  std::optional<Record> content_{};  ///< whose chunks are being read
};

}  // namespace heddle::transfer
