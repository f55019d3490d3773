#pragma once

#include <chrono>
#include <cstdint>

namespace heddle {

/// How a database gives back space that it does not use.
struct CompactOptions {
  /// Write the whole file anew: it takes as much space again for a while, other writes wait, and only the context
  /// bounds its time.
  bool full = false;
  /// After it no further step begins; not negative. Steps are short, and other calls go on between them. Without
  /// meaning if `full`.
  std::chrono::milliseconds time{10'000};
};

/// What a compaction did.
struct CompactReport {
  std::int64_t freed_bytes = 0;   ///< of the database
  std::int64_t unused_bytes = 0;  ///< that it still has: compact again
  /// False: a reader kept the write-ahead log, so that the file gets shorter only with a later write.
  bool file_is_shorter = true;

  friend bool operator==(const CompactReport&, const CompactReport&) = default;
};

}  // namespace heddle
