// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <atomic>
#include <cstdint>
#include <string>

namespace heddle::sqlite::transaction {

/// The write-ahead log of this backend. Safe to use from many threads.
class LogSize {
 public:
  /// The length of the log after the last commit.
  [[nodiscard]] std::int64_t pages() const noexcept { return pages_.load(std::memory_order_relaxed); }
  void set_pages(std::int64_t pages) noexcept { pages_.store(pages, std::memory_order_relaxed); }

  /// True from the beginning of a checkpoint until it has copied all, and a log that is not to be kept has started
  /// anew; or until a read ends that can have kept it from that.
  [[nodiscard]] bool is_held() const noexcept { return held_.load(); }
  void hold() noexcept { held_.store(true); }
  void let_go() noexcept {
    // Reads end often, and share the variable.
    if (held_.load(std::memory_order_relaxed)) { held_.store(false); }
  }

 private:
  std::atomic<std::int64_t> pages_{0};
  std::atomic<bool> held_{false};
};

/// How far the log has grown since a read began. The log cannot start anew before the read ends.
class LogGrowth {
 public:
  /// `most` is in bytes; 0 is no bound. `log` must outlive the object.
  LogGrowth(LogSize& log, std::int64_t most) noexcept : log_(log), start_(log.pages()), most_(most) {}
  LogGrowth(const LogGrowth&) = delete;
  LogGrowth& operator=(const LogGrowth&) = delete;
  LogGrowth(LogGrowth&&) = delete;
  LogGrowth& operator=(LogGrowth&&) = delete;
  /// The read has ended.
  ~LogGrowth() {
    if (log_.pages() != start_) { log_.let_go(); }
  }

  /// Throws `resource_exhausted` if the log has grown by more than the bound.
  void check() const {
    constexpr std::int64_t page_bytes = 4096;  // SQLite's default; no file of ours has another one
    const std::int64_t pages = log_.pages();
    // A log that was copied already can have started anew right after the read had begun.
    const std::int64_t grown = (pages >= start_ ? pages - start_ : pages) * page_bytes;
    if (most_ == 0 || grown <= most_) { return; }
    throw Error(ErrorCode::resource_exhausted,
                "a visitor took so long that the write-ahead log of the database grew by " + std::to_string(grown) +
                    " bytes: read in pages, or raise visitor_log_bytes");
  }

 private:
  LogSize& log_;
  std::int64_t start_;
  std::int64_t most_;
};

}  // namespace heddle::sqlite::transaction
