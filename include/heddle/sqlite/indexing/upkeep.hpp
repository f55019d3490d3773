// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/statements/erasure.hpp"
#include "heddle/text/analysis.hpp"

#include <atomic>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <string_view>

namespace heddle::sqlite::indexing {

/// How long a search that has this context may take turns before it looks: a tenth of a second, or half of the time
/// that it has. A template, so that files that search nothing do not compile it.
[[nodiscard]] Context::Clock::duration time_to_catch_up(const std::same_as<Context> auto& context) {
  constexpr Context::Clock::duration longest = std::chrono::milliseconds(100);
  if (!context.deadline) { return longest; }
  const auto half = (*context.deadline - Context::Clock::now()) / 2;
  return half < longest ? half : longest;
}

/// Knows how much this backend has left to do in the full-text index of messages, and does it. Used by the thread that
/// has the connection that writes; many threads may ask.
class Upkeep {
 public:
  /// `turn` takes a turn of the owner, by `take_turn`, on another thread.
  Upkeep(const Config& config, void* owner, Filler::TurnOf turn) noexcept
      : owner_(owner),
        turn_(turn),
        is_immediate_(config.indexing == Indexing::immediate || !config.wal),
        is_secure_(config.secure_delete),
        works_behind_(config.wal && !config.read_only) {}

  Upkeep(const Upkeep&) = delete;
  Upkeep& operator=(const Upkeep&) = delete;
  Upkeep(Upkeep&&) = delete;
  Upkeep& operator=(Upkeep&&) = delete;
  ~Upkeep() { delete filler_; }

  /// Returns true if the index may be filled behind the calls.
  [[nodiscard]] bool works_behind() const noexcept { return works_behind_; }

  /// Returns what has to be woken because something is left to do; null if nothing is. Without the write-ahead log a
  /// commit keeps readers out, so that only the commits of calls fill the index.
  [[nodiscard]] Filler* filler_to_wake() noexcept {
    return works_behind_ && unindexed() > 0 && can_fill() ? filler_ : nullptr;
  }

  /// Does what the configuration asks for in the transaction that makes it necessary. To be called in it, outside of
  /// savepoints.
  void before_commit(connection::Connection& connection) {
    note_changes(connection);
    if (is_secure_) { note_deletions(connection); }
    removed_ = 0;
    const bool is_turn = is_turn_;
    is_turn_ = false;
    if (is_turn || !is_immediate_ || !can_fill()) { return; }
    // As much as was queued, and no more: a migration can have queued all messages.
    for (std::int64_t left = unindexed(); left > 0;) {
      const Filler::Turn turn = take(connection, {});
      if (turn.is_last) { break; }
      // At least one: a turn can merge only, or begin with the first user anew.
      left -= at_least(1, turn.messages + turn.renewed);
    }
  }

  /// Takes a turn, and returns what it did; see Filler. To be called in a transaction, outside of savepoints.
  Filler::Turn take_turn(connection::Connection& connection, std::string_view user = {}) {
    const Filler::Turn turn = take(connection, user);
    is_turn_ = true;
    return turn;
  }

  /// Takes a turn for a tenant of which many messages wait; returns false if no longer many wait. The same.
  bool take_turn_for(connection::Connection& connection, std::string_view user) {
    if (!can_fill()) { return false; }
    const Filler::Turn turn = filler_->take_turn_for(connection, user);
    // At least one, so that the thread goes on with the rest: another process may have left it, which indexes nothing.
    if (turn.messages > 0) { unindexed_.store(at_least(1, unindexed() - turn.messages), std::memory_order_relaxed); }
    unindexed_bytes_ = at_least(0, unindexed_bytes_ - turn.bytes);
    return !turn.is_last;
  }

  /// Finds out whether something is left to do that others have left: by a migration, or when they were killed.
  void look_for_work(connection::Connection& connection) noexcept {
    try {
      constexpr const char* is_queued =
          "SELECT EXISTS (SELECT 1 FROM search_queue) OR EXISTS (SELECT 1 FROM search_removals)";
      if (connection.read_integer(knows_erasure) != 0 &&
          (connection.read_integer(is_queued) != 0 || connection.read_integer(owes_erasure) != 0 ||
           connection.read_integer(made_by) < text::own_analysis())) {
        unindexed_.fetch_add(1, std::memory_order_relaxed);
      }
    } catch (const Error& error) { static_cast<void>(error); }
  }

  /// To be called when a turn has failed.
  void end_turn() noexcept { is_turn_ = false; }

  /// Leaves the rest, if there is any, to others, for example because the database is not migrated.
  void give_up() noexcept {
    end_turn();
    unindexed_.store(0, std::memory_order_relaxed);
    unindexed_bytes_ = 0;
  }

  /// Returns true if so much is left to do that those who write have to help. Other processes that write do so for what
  /// they have queued.
  [[nodiscard]] bool is_behind() const noexcept {
    constexpr std::int64_t most_messages = 50'000;
    constexpr std::int64_t most_bytes = std::int64_t{64} << 20U;
    return unindexed() >= most_messages || unindexed_bytes_ >= most_bytes;
  }

  /// Returns how many messages are to be put into the index or taken out of it, about.
  [[nodiscard]] std::int64_t unindexed() const noexcept { return unindexed_.load(std::memory_order_relaxed); }

 private:
  Filler::Turn take(connection::Connection& connection, std::string_view user) {
    const Filler::Turn turn = can_fill() ? filler_->take_turn(connection, user) : Filler::Turn{};
    if (turn.is_last) {
      give_up();
    } else {
      // Also what another process has left.
      unindexed_.store(at_least(1, unindexed() - turn.messages), std::memory_order_relaxed);
      unindexed_bytes_ = at_least(0, unindexed_bytes_ - turn.bytes);
    }
    return turn;
  }

  /// Returns true if this program can fill the index.
  bool can_fill() noexcept {
    if (filler_ != nullptr) { return true; }
    const Filler::Make make = Filler::of_program.load(std::memory_order_acquire);
    if (make != nullptr) { filler_ = make(owner_, turn_); }
    return filler_ != nullptr;
  }

  // Not std::max: see `filler_`.
  static std::int64_t at_least(std::int64_t least, std::int64_t number) noexcept {
    return number < least ? least : number;
  }

  /// What was deleted has to leave the file: the words of the index by turns, as those of what is redacted, the rest
  /// with this commit.
  void note_deletions(connection::Connection& connection) const {
    if (connection.row_changes().take_deleted() || removed_ > 0) { connection.begin_erasing(); }
    if (removed_ > 0) { connection.execute(owe_erasure); }
  }

  void note_changes(connection::Connection& connection) {
    const std::int64_t removed = connection.row_changes().take_removed();
    removed_ += removed;
    const std::int64_t merges = connection.row_changes().take_erased() ? 1 : 0;
    unindexed_.fetch_add(removed + merges + connection.row_changes().take_queued(), std::memory_order_relaxed);
    unindexed_bytes_ += connection.row_changes().take_queued_bytes();
  }

  // Not std::unique_ptr, which every file that saves a message would compile.
  Filler* filler_ = nullptr;
  void* owner_;
  Filler::TurnOf turn_;
  std::atomic<std::int64_t> unindexed_{0};
  std::int64_t unindexed_bytes_ = 0;  ///< those of the texts that this process has queued, about
  std::int64_t removed_ = 0;
  bool is_turn_ = false;  ///< the transaction is a turn, so its commit takes none
  bool is_immediate_;
  bool is_secure_;
  bool works_behind_;
};

}  // namespace heddle::sqlite::indexing
