#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/metrics/metered.hpp"
#include "heddle/sqlite/config.hpp"
#include "heddle/tracing/both.hpp"
#include "heddle/tracing/otlp_lines.hpp"
#include "heddle/tracing/recording.hpp"
#include "heddle/tracing/slow_log.hpp"

#include <sstream>
#include <string>
#include <utility>

namespace support {

using Watchers = heddle::Both<heddle::Metered,
                              heddle::Both<heddle::OtlpLines, heddle::Both<heddle::SlowLog, heddle::RecordingTracer>>>;

/// Opens and migrates a database of SQLite that all tracers of Heddle watch. Compiled once.
[[nodiscard]] heddle::AnyBackend open_watched(heddle::sqlite::Config config, Watchers watchers);

/// A database in memory that is watched, and what the watchers have written since it was migrated.
class Watched {
 public:
  explicit Watched(heddle::OtlpOptions traces = {}, heddle::SlowLogOptions slow = {},
                   heddle::sqlite::Config config = {.path = ":memory:"})
      : backend_(open_watched(std::move(config), {heddle::Metered(),
                                                  {heddle::OtlpLines(traces_, std::move(traces)),
                                                   {heddle::SlowLog(slow_, std::move(slow)), recording_}}})) {
    traces_.str("");
    slow_.str("");
    static_cast<void>(recording_.take());
  }

  [[nodiscard]] heddle::AnyBackend& backend() { return backend_; }
  [[nodiscard]] std::string traces() const { return traces_.str(); }
  [[nodiscard]] std::string slow_log() const { return slow_.str(); }
  [[nodiscard]] heddle::RecordingTracer& recording() { return recording_; }
  /// The streams of the traces and of the slow log, for one that fails.
  [[nodiscard]] std::ostringstream& stream() { return traces_; }
  [[nodiscard]] std::ostringstream& slow_stream() { return slow_; }

 private:
  std::ostringstream traces_;
  std::ostringstream slow_;
  heddle::RecordingTracer recording_;
  heddle::AnyBackend backend_;
};

}  // namespace support
