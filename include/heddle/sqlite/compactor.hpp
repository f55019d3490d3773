// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/sqlite/connection/connection.hpp"
#include "heddle/sqlite/transaction/log_size.hpp"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>

namespace heddle::sqlite {

/// Gives back the space of a database that it does not use, by the connection that writes, for the time of a call. A
/// template only so that files that do not compact do not compile it.
template <class Writer>
class Compactor {
 public:
  /// All must outlive the compactor.
  Compactor(Writer& writer, const transaction::LogSize& log, const Config& config, const Call& call)
      : writer_(writer), log_(log), config_(config), call_(call) {}

  /// See Compacts.
  [[nodiscard]] CompactReport compact(const CompactOptions& options) {
    if (options.time < std::chrono::milliseconds(0)) {
      throw Error(ErrorCode::invalid_argument, "options.time is negative");
    }
    const Pages before = count();
    Pages after = before;
    if (options.full) {
      after = rewrite();
    } else if (before.free > 0) {
      require_map(before);
      const auto end = end_of(options.time);
      for (bool goes_on = true; goes_on;) {
        call_.context.check();
        after = free_some();
        goes_on = after.free > 0 && Context::Clock::now() < end;
        // Else the log would have all pages that are moved, where no other call writes meanwhile.
        if (goes_on) { writer_.copy_log(call_); }
      }
    }
    CompactReport report;
    report.freed_bytes = std::max<std::int64_t>(0, (before.all - after.all) * after.size);
    report.unused_bytes = after.free * after.size;
    // The file gets shorter when the log is copied into it.
    if (after.all != before.all) {
      writer_.copy_log(call_);
      report.file_is_shorter = log_.pages() == 0;
    }
    return report;
  }

 private:
  /// How many pages a database has, how many of them are not used, and their size in bytes.
  struct Pages {
    std::int64_t all = 0;
    std::int64_t free = 0;
    std::int64_t size = 0;
  };
  /// How many pages a step moves: some milliseconds, for which other calls wait.
  static constexpr const char* free_pages = "PRAGMA incremental_vacuum(512)";

  [[nodiscard]] static Pages count_in(connection::Connection& connection) {
    return {connection.read_integer("PRAGMA page_count"), connection.read_integer("PRAGMA freelist_count"),
            connection.read_integer("PRAGMA page_size")};
  }

  [[nodiscard]] Pages count() {
    return writer_.exclusively(call_, [](connection::Connection& connection) { return count_in(connection); });
  }

  /// Throws `failed_precondition` for a file without a map of its pages: nothing but a copy makes it shorter.
  void require_map(const Pages& pages) {
    const std::int64_t map = writer_.exclusively(
        call_, [](connection::Connection& connection) { return connection.read_integer("PRAGMA auto_vacuum"); });
    if (map != 0) { return; }
    throw Error(
        ErrorCode::failed_precondition,
        "the database has " + std::to_string(pages.free * pages.size) +
            " bytes that it does not use, and was made without incremental_vacuum: compact it in full once, "
            "which takes as much space again and keeps other writes waiting" +
            (config_.incremental_vacuum ? "" : "; with incremental_vacuum in the configuration, steps do then"));
  }

  /// Frees some pages at the end of the file.
  [[nodiscard]] Pages free_some() {
    return run([](connection::Connection& connection) { connection.execute(free_pages); });
  }

  /// Writes the file anew, with a map of its pages if that is configured.
  [[nodiscard]] Pages rewrite() {
    return run([this](connection::Connection& connection) {
      if (config_.incremental_vacuum) { connection.execute("PRAGMA auto_vacuum = INCREMENTAL"); }
      connection.execute("VACUUM");
    });
  }

  /// Runs a step alone; returns the pages after it.
  template <class Step>
  [[nodiscard]] Pages run(Step step) {
    return writer_.exclusively(call_, [&](connection::Connection& connection) {
      step(connection);
      return count_in(connection);
    });
  }

  [[nodiscard]] static Context::Clock::time_point end_of(std::chrono::milliseconds time) {
    constexpr std::chrono::milliseconds longest = std::chrono::hours(24 * 366);
    return Context::Clock::now() + std::min(time, longest);
  }

  Writer& writer_;
  const transaction::LogSize& log_;
  const Config& config_;
  const Call& call_;
};

}  // namespace heddle::sqlite
