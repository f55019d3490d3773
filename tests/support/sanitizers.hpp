#pragma once

namespace support {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool is_sanitized = true;
#elif defined(__has_feature)
inline constexpr bool is_sanitized = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool is_sanitized = false;
#endif

/// Whether memory that was freed counts as used.
inline constexpr bool keeps_freed_memory = is_sanitized;

/// How far apart the calls are that fail or end a process, where others make each of them fail: with a sanitizer a run
/// takes several times as long, and what it looks for is in the code, not in the number of runs.
inline constexpr int stride_of_faults = is_sanitized ? 3 : 1;

}  // namespace support
