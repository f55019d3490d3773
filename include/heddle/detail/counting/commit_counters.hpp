// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace heddle::detail::counting {

/// What an engine counts of its work, always: a few relaxed additions for each commit. Many threads may count and read.
class CommitCounters {
 public:
  /// Counts a commit of the work of so many calls; nothing if they are 0.
  void add_commit(std::uint64_t calls) noexcept {
    if (calls == 0) { return; }
    int bucket = 0;
    while (bucket < last_bucket && calls > std::uint64_t{1} << bucket) { ++bucket; }
    sizes_[bucket].fetch_add(1, std::memory_order_relaxed);
    calls_.fetch_add(calls, std::memory_order_relaxed);
  }

  /// Counts work that runs once more.
  void add_retry() noexcept { retries_.fetch_add(1, std::memory_order_relaxed); }

  /// Adds what was counted to the metrics. A template, so that files that read no metrics do not compile it.
  void report(auto& metrics) const {
    for (int bucket = 0; bucket <= last_bucket; ++bucket) {
      const std::uint64_t commits = sizes_[bucket].load(std::memory_order_relaxed);
      metrics.commits_by_calls[static_cast<std::size_t>(bucket)] += commits;
      metrics.commits += commits;
    }
    metrics.committed_calls += calls_.load(std::memory_order_relaxed);
    metrics.retries += retries_.load(std::memory_order_relaxed);
  }

 private:
  /// The bucket of commits with more calls than any other bucket; see `Metrics::commit_bounds`.
  static constexpr int last_bucket = 8;

  // Not std::array, which every file that saves would compile: NOLINTNEXTLINE(modernize-avoid-c-arrays)
  std::atomic<std::uint64_t> sizes_[last_bucket + 1]{};
  std::atomic<std::uint64_t> calls_{0};
  std::atomic<std::uint64_t> retries_{0};
};

}  // namespace heddle::detail::counting
