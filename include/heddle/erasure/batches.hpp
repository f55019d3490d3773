// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/erasure/control_statements.hpp"
#include "heddle/error.hpp"
#include "heddle/model/user_erasure.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <string>
#include <utility>

namespace heddle::erasure {

inline constexpr Refusal erasure_was_ended{ErrorCode::conflict, "the erasure",
                                           "was begun or ended by another call: call it again with its key"};

/// Has what is deleted leave the files, if the engine can: others leave it to their vacuum.
template <class Transaction>
void erase_bytes(Transaction& tx) {
  if constexpr (requires { tx.erase_bytes(); }) { tx.erase_bytes(); }
}

/// The transactions of an erasure. Calls with the same key take turns.
template <class Sql, class Passage>
class Batches {
 public:
  Batches(Passage& passage, const ErasureObserver& observer) : passage_(passage), observer_(observer) {}

  /// As the erasure is stored under this key. To be called before the others.
  void set_key(std::string key) { key_ = std::move(key); }
  [[nodiscard]] const std::string& key() const noexcept { return key_; }
  [[nodiscard]] Passage& passage() const noexcept { return passage_; }
  /// The rows that were removed.
  [[nodiscard]] std::int64_t removed() const noexcept { return removed_; }

  /// Runs `work(tx)`, which removes or changes rows, in a transaction. Throws `conflict` if the erasure has ended.
  template <class Work>
  auto write(Work work) {
    passage_.context().check();
    return passage_.write([&](auto& tx) {
      tx.require(erasure_was_ended, sql::statements<ControlStatements<Sql>>().hold, tx.user_id(), key_);
      erase_bytes(tx);
      return work(tx);
    });
  }

  /// Throws `conflict` if the erasure has ended.
  void require_begun() {
    write([](auto& /*tx*/) { return [] {}; });
  }

  /// Runs `work(tx, size)`, which returns how many rows it has removed, until that is less than the size.
  template <class Work>
  void repeat(std::int64_t size, Work work) {
    for (std::int64_t removed = size; removed >= size;) {
      removed = write([&](auto& tx) { return work(tx, size); });
      note(removed);
    }
  }

  /// Tells the observer.
  void note(std::int64_t removed) {
    removed_ += removed;
    if (removed != 0 && observer_) { observer_({removed_}); }
  }

 private:
  Passage& passage_;
  const ErasureObserver& observer_;
  std::string key_{};
  std::int64_t removed_ = 0;
};

}  // namespace heddle::erasure
