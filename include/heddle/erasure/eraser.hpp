// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/erasure/batches.hpp"
#include "heddle/erasure/control_statements.hpp"
#include "heddle/erasure/receipts.hpp"
#include "heddle/erasure/remover.hpp"
#include "heddle/erasure/tenant_files.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/user_erasure.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <thread>
#include <utility>

namespace heddle::erasure {

/// One erasure. All of its state is in the database, so that it goes on where another call has left it: it keeps new
/// data out, removes rows in batches and files, and when one statement sees that nothing is left it stores the receipt.
/// Then the bytes are made to leave the files.
template <class Policy, class Passage>
class Eraser {
  using Sql = typename Policy::Dialect::Language;

 public:
  Eraser(Passage& passage, stores::detail::CleanupHooks& hooks, const ErasureOptions& options)
      : passage_(passage),
        options_(options),
        files_(passage.artifact_directory(), passage.user_id()),
        receipts_(passage.user_id()),
        batches_(passage, options.on_progress),
        remover_(batches_, hooks) {}

  ErasureReceipt run() {
    if (!options_.idempotency_key.empty()) {
      validation::check_text("options.idempotency_key", options_.idempotency_key, limits::id);
      batches_.set_key(receipts_.key_of(options_.idempotency_key));
      if (const auto earlier = find_receipt()) { return finish(*earlier); }
    }
    begin();
    // What others had begun before can be committed after its table was empty.
    constexpr int most_rounds = 100;
    for (int round = 0;; ++round) {
      remover_.remove();
      const auto lock = files_.lock(passage_.context());
      batches_.require_begun();
      if ((!lock.has_directory() || removed_files(round)) && is_sealed()) { break; }
      if (round == most_rounds) {
        throw Error(ErrorCode::unavailable, "others write for the tenant: call erase_user again with the same key");
      }
    }
    passage_.count(batches_.removed());
    return finish(find_receipt().value());
  }

 private:
  [[nodiscard]] std::optional<ReceiptRow> find_receipt() {
    return passage_.read([&](auto& tx) { return tx.one(control_.receipt, receipts_.tenant(), batches_.key()); });
  }

  void begin() {
    const auto found = passage_.read([&](auto& tx) {
      auto row = tx.one(control_.find, tx.user_id());
      auto in_files = tx.one(control_.has_files, tx.user_id());
      return [this, row = std::move(row), in_files = std::move(in_files)]() mutable {
        auto erasure = row();
        if (in_files() || (erasure && erasure->files.value_or(0) != 0)) { files_.require_root(); }
        return erasure;
      };
    });
    if (found) {
      if (!batches_.key().empty() && found->key != batches_.key()) {
        throw Error(ErrorCode::failed_precondition,
                    "an erasure of this tenant with another key has not ended: call erase_user with that key, or none");
      }
      batches_.set_key(found->key);
    } else if (batches_.key().empty()) {
      batches_.set_key(receipts_.key_of(heddle::detail::crypto::random_hex(32)));
    }
    passage_.write([&](auto& tx) {
      tx.run(control_.begin, tx.user_id(), batches_.key(), now(), receipts_.tenant());
      tx.require(erasure_was_ended, control_.hold, tx.user_id(), batches_.key());
      tx.run(control_.end_import, tx.user_id());
      tx.run(control_.close_gate, tx.user_id(), now());
      if (!found) { request_rewriting(tx); }
      return [] {};
    });
    if (!found || !found->files) {
      remover_.hide();
      // While none of them is removed, so that a call that goes on knows how many there were.
      const FileSums sums = files_.count();
      batches_.write(
          [&](auto& tx) { return tx.run(control_.note_files, tx.user_id(), batches_.key(), sums.files, sums.bytes); });
    }
  }

  /// Removes the files. Returns false, in the first rounds, if folders could not be removed, as a put that had begun
  /// before has made a file in them.
  [[nodiscard]] bool removed_files(int round) const {
    constexpr int last_round = 10;
    try {
      files_.remove();
      return true;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::unavailable || round >= last_round) { throw; }
      return false;
    }
  }

  /// Has the scrub at the end write SQLite's file anew. Asked at the begin, and at the end again: another scrub can
  /// have done it meanwhile, and others changed rows since.
  template <class Transaction>
  void request_rewriting(Transaction& tx) const {
    if constexpr (Sql::queues_messages) {
      if (options_.rewrite_file) { tx.run(sql::statements<IndexStatements<Sql>>().rewrite); }
    }
  }

  /// Returns true, with the receipt stored and the gate open, if nothing is left.
  [[nodiscard]] bool is_sealed() {
    std::int64_t sum = 0;
    std::map<std::string, std::int64_t> counts;
    passage_.read([&](auto& tx) {
      return [&, tables = tx.all(control_.counts, tx.user_id())]() mutable {
        for (TableCount& table : tables()) {
          sum += table.removed;
          counts.emplace(std::move(table.name), table.removed);
        }
      };
    });
    const std::string text = counts_text(counts);
    return batches_
        .write([&](auto& tx) {
          const auto& tenant = receipts_.tenant();
          request_rewriting(tx);
          auto sealed = tx.one(control_.seal, tx.user_id(), tenant, batches_.key(), text, now(), sum);
          tx.run(control_.forget_counts, tx.user_id(), tenant, batches_.key());
          tx.run(control_.open_gate, tx.user_id(), tenant, batches_.key());
          tx.run(control_.forget_erasure, tx.user_id(), tenant, batches_.key());
          return sealed;
        })
        .has_value();
  }

  /// Returns the receipt when the bytes have left the files.
  ErasureReceipt finish(const ReceiptRow& row) {
    ErasureReceipt receipt = receipts_.template receipt_of<concepts::ErasesFromFiles<Policy>>(row);
    if (row.digest) { return receipt; }
    // First, as a backup keeps the log, too.
    retry([this] { return !files_.is_kept_by_backup(); },
          "a backup keeps removed artifact files until its end: call erase_user again with the same key");
    if constexpr (concepts::ErasesFromFiles<Policy>) {
      const auto scrub = [this] {
        return passage_.with_engine([](auto& engine, const auto& call) { return engine.scrub(call); }).log_cleaned;
      };
      retry(scrub,
            "a long read keeps the write-ahead log, which has erased texts: call erase_user again with the same key");
    }
    passage_.write([&](auto& tx) {
      tx.run(control_.complete, receipts_.tenant(), batches_.key(), receipt.digest);
      return [] {};
    });
    return receipt;
  }

  /// Calls `work` until it returns true, for some seconds. Throws `unavailable` if it does not.
  template <class Work>
  void retry(const Work& work, const char* failure) {
    constexpr int attempts = 50;
    constexpr std::chrono::milliseconds pause{100};
    for (int attempt = 1; !work(); ++attempt) {
      if (attempt == attempts) { throw Error(ErrorCode::unavailable, failure); }
      passage_.context().check();
      std::this_thread::sleep_for(pause);
    }
  }

  Passage& passage_;
  const ErasureOptions& options_;
  TenantFiles files_;
  Receipts receipts_;
  Batches<Sql, Passage> batches_;
  Remover<Policy, Passage> remover_;
  const ControlStatements<Sql>& control_ = sql::statements<ControlStatements<Sql>>();
};

}  // namespace heddle::erasure
