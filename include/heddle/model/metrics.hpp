#pragma once

#include "heddle/error.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/operation.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace heddle {

/// How long the calls of one operation took that ended in the same way.
struct OperationMetrics {
  /// The upper bounds of the buckets, inclusive; the last bucket has none.
  static constexpr std::array<std::chrono::microseconds, 16> bounds{std::chrono::microseconds(100),
                                                                    std::chrono::microseconds(250),
                                                                    std::chrono::microseconds(500),
                                                                    std::chrono::microseconds(1'000),
                                                                    std::chrono::microseconds(2'500),
                                                                    std::chrono::microseconds(5'000),
                                                                    std::chrono::microseconds(10'000),
                                                                    std::chrono::microseconds(25'000),
                                                                    std::chrono::microseconds(50'000),
                                                                    std::chrono::microseconds(100'000),
                                                                    std::chrono::microseconds(250'000),
                                                                    std::chrono::microseconds(500'000),
                                                                    std::chrono::seconds(1),
                                                                    std::chrono::microseconds(2'500'000),
                                                                    std::chrono::seconds(5),
                                                                    std::chrono::seconds(10)};

  Operation operation{};
  std::optional<ErrorCode> error{};                        ///< nothing: the calls returned
  std::uint64_t count = 0;                                 ///< all calls
  std::chrono::nanoseconds sum{0};                         ///< of their times
  std::array<std::uint64_t, bounds.size() + 1> buckets{};  ///< the calls of each bucket alone
};

/// What regular removals and other calls that clean up have processed.
struct CleanedItems {
  Operation operation{};
  std::uint64_t items = 0;
};

/// The state of one pool of connections.
struct PoolMetrics {
  std::string_view name;  ///< "serving", "administration", or "readers" on SQLite
  PoolStatistics pool{};
};

/// What a backend has counted since it was opened, and its state. It contains no content, no keys, no ids and no
/// tenants.
struct Metrics {
  /// The upper bounds of `commits_by_calls`, inclusive; the last bucket has none.
  static constexpr std::array<std::uint64_t, 8> commit_bounds{1, 2, 4, 8, 16, 32, 64, 128};

  std::string_view backend{};                  ///< its name, such as "sqlite"
  std::vector<OperationMetrics> operations{};  ///< of those that were called
  std::vector<CleanedItems> cleaned{};         ///< of those that have processed something
  std::uint64_t stored_messages = 0;           ///< appended by calls that returned; repeats of a key are not counted
  std::uint64_t in_doubt = 0;                  ///< writes that failed in doubt; see Error::in_doubt

  /// @name What the engine has done. A backend on a policy of your own may leave it at 0.
  ///@{
  std::uint64_t commits = 0;          ///< transactions of calls; on SQLite in memory those that only read, too
  std::uint64_t committed_calls = 0;  ///< the calls that these transactions were made for: several in a group commit
  std::array<std::uint64_t, commit_bounds.size() + 1> commits_by_calls{};  ///< the commits of each bucket alone
  std::uint64_t retries = 0;  ///< units of work that ran again after a conflict with others or stale statements
  ///@}
  /// @name Where SQLite waits and what it has left to do; not set for other backends.
  ///@{
  std::optional<std::uint64_t> busy_waits{};  ///< sleeps while another process or checkpoint held the lock of writers
  std::optional<std::int64_t> index_queue{};  ///< changes of messages that are not in the full-text index, about
  std::optional<std::int64_t> database_bytes{};  ///< the size of the file; not set in memory
  std::optional<std::int64_t> log_bytes{};       ///< the size of the write-ahead log; not set without one
  ///@}
  std::vector<PoolMetrics> pools{};
};

}  // namespace heddle
