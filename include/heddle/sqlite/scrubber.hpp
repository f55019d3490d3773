// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/statements/erasure.hpp"
#include "heddle/sqlite/transaction/transaction.hpp"
#include "heddle/text/analysis.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace heddle::sqlite {

/// Makes erased texts leave the files of a database, by the connection that writes, for the time of a call. A template
/// only so that files that do not scrub do not compile it.
template <class Writer>
class Scrubber {
 public:
  /// Both must outlive the scrubber.
  Scrubber(Writer& writer, const Call& call) : writer_(writer), call_(call) {}

  /// See Scrubs.
  [[nodiscard]] ScrubReport scrub() {
    ScrubReport report;
    empty_indexes();
    report.steps = merge_words();
    report.rewritten = rewrite_once();
    report.log_cleaned = writer_.clean_log(call_, [](auto& transaction) { transaction.settle_rewriting(); });
    return report;
  }

  /// Returns what is owed; nothing before the migration that made the table for it.
  [[nodiscard]] std::optional<OwedWork> owed() {
    return writer_.exclusively(call_, [](connection::Connection& connection) -> std::optional<OwedWork> {
      if (connection.read_integer(knows_erasure) == 0) { return std::nullopt; }
      OwedWork owed;
      owed.unindexed_messages = connection.read_integer("SELECT count(*) FROM search_queue");
      owed.erasure = connection.read_integer("SELECT EXISTS (SELECT 1 FROM search_state WHERE erasure <> 0)") != 0;
      {
        // One statement: another process can end it between two.
        const connection::Running progress(connection, sql::statements<ErasureStatements<>>().progress);
        const connection::Prepared& row = *progress;
        if (progress->step()) { owed.rebuild = IndexRebuild{row.integer(0), row.integer(1)}; }
      }
      if (!owed.rebuild && connection.read_integer(made_by) < text::own_analysis()) { owed.rebuild.emplace(); }
      return owed;
    });
  }

  /// Makes the words of a former analysis anew; returns how many texts of a tenant, or of all if it is empty, it did.
  [[nodiscard]] std::int64_t reindex(std::string_view user) {
    std::int64_t sum = 0;
    for (bool goes_on = true; goes_on;) {
      call_.context.check();
      const indexing::Filler::Turn turn = writer_.take_turn(call_, user);
      sum += turn.renewed;
      goes_on = turn.is_outdated;
    }
    return sum;
  }

 private:
  [[nodiscard]] std::int64_t ask(const char* sql) {
    call_.context.check();
    return writer_.exclusively(call_,
                               [sql](connection::Connection& connection) { return connection.read_integer(sql); });
  }

  /// Throws `failed_precondition` for an index that this program cannot change.
  void require_own_words() {
    if (ask("SELECT max(analysis, coalesce((SELECT max(analysis) FROM search_rebuild), 0)) FROM search_state") >
        text::own_analysis()) {
      throw Error(ErrorCode::failed_precondition,
                  "the full-text index has the words of a later version: scrub with a program of that version");
    }
  }

  /// Takes turns until nothing is owed, or a merge has ended that began behind this call: where others remove texts all
  /// the time, something always is. Returns how many.
  [[nodiscard]] std::int64_t merge_words() {
    std::int64_t turns = 0;
    bool was_merging = ask(is_merging) != 0;
    for (int merges = was_merging ? 2 : 1; ask(merges > 0 ? owes_erasure : has_former) != 0; ++turns) {
      // A later version can take the index over meanwhile.
      require_own_words();
      writer_.take_turn(call_);
      const bool merges_still = ask(is_merging) != 0;
      if (was_merging && !merges_still) { --merges; }
      was_merging = merges_still;
    }
    return turns;
  }

  /// Has all segments of the indexes merged: that of artifacts, which is short, at once.
  void empty_indexes() {
    auto work = [](auto& transaction) {
      transaction.erase_bytes();
      return transaction.merge_artifact_words();
    };
    static_cast<void>(writer_.write(call_, work));
  }

  /// Writes the file anew if versions before have erased in it; returns true if so.
  [[nodiscard]] bool rewrite_once() {
    if (ask("SELECT rewrite FROM search_state") == 0) { return false; }
    writer_.exclusively(call_, [](connection::Connection& connection) { connection.execute("VACUUM"); });
    return true;
  }

  Writer& writer_;
  const Call& call_;
};

}  // namespace heddle::sqlite
