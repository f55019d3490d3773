#pragma once

#include <cstdint>

namespace heddle {

/// What a scrub did.
struct ScrubReport {
  std::int64_t steps = 0;   ///< transactions in which the full-text index gave up erased words
  bool rewritten = false;   ///< the whole database was written anew, because an earlier version had erased in it
  bool log_cleaned = true;  ///< false: a reader kept the write-ahead log, which may have erased texts; scrub again

  friend bool operator==(const ScrubReport&, const ScrubReport&) = default;
};

}  // namespace heddle
