// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/connection.hpp"

#include <atomic>
#include <cstdint>
#include <stop_token>
#include <string_view>

namespace heddle::sqlite::indexing {

/// Fills the full-text index of messages, in turns. A file that only saves messages does not compile the one class that
/// does so, `Indexer`: a program has it if it contains an operation that needs it, each of which calls
/// `SearchParts::compile`. One thread at a time, but for `wake`.
class Filler {
 public:
  /// The number of messages that a turn takes at most.
  static constexpr std::int64_t turn_size = 256;

  /// What a turn did.
  struct Turn {
    std::int64_t messages = 0;
    std::int64_t bytes = 0;    ///< of the texts that it put into the index
    bool is_last = true;       ///< nothing was left
    std::int64_t renewed = 0;  ///< texts of which it made the words anew
    bool is_outdated = false;  ///< words that a former version of the analysis has made were left
  };

  Filler() = default;
  Filler(const Filler&) = delete;
  Filler& operator=(const Filler&) = delete;
  Filler(Filler&&) = delete;
  Filler& operator=(Filler&&) = delete;
  virtual ~Filler() = default;

  /// Takes removed messages out of the index; if there are none, puts queued ones into it, and goes on with what else
  /// is owed. `Turn::renewed` counts the texts of a tenant, or all if `user` is empty. To be called in a transaction,
  /// outside of savepoints.
  virtual Turn take_turn(connection::Connection& connection, std::string_view user) = 0;

  /// Puts queued messages of one tenant into it if many of them wait; is the last turn if no longer many wait. To be
  /// called in a transaction, outside of savepoints.
  virtual Turn take_turn_for(connection::Connection& connection, std::string_view user) = 0;

  /// Wakes the thread of this object, which asks the owner to take turns until nothing is left.
  virtual void wake() noexcept = 0;

  /// Lets the owner take a turn, which a stop ends; returns false if nothing is left.
  using TurnOf = bool (*)(void* owner, const std::stop_token& stop) noexcept;
  /// Makes one; returns null if there is no memory for it. The owner must outlive it and destroys it.
  using Make = Filler* (*)(void* owner, TurnOf turn) noexcept;
  /// Null if this program has none. Looked at when there is something to do: backends can be opened before `main`.
  static inline std::atomic<Make> of_program{nullptr};
};

}  // namespace heddle::sqlite::indexing
