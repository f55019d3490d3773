#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heddle {

/// What a caller can ask of a write beyond its content.
struct WriteOptions {
  /// Makes a retry safe: a repeat with the same key returns what the first call returned and changes nothing. A key
  /// belongs to the tenant; using it for another operation or other content is `invalid_argument` (a time that is set
  /// anew for a retry is other content). Keys that name a session's writes are forgotten with the session, others stay
  /// until `purge_idempotency_keys`. At most `limits::id` bytes; empty: no key.
  std::string idempotency_key{};
};

/// What a caller can ask of a write that appends messages to a session.
struct AppendOptions {
  /// See WriteOptions.
  std::string idempotency_key{};
  /// The last sequence number of the session that the caller has seen (0: it has no messages). If the session has
  /// another one by now, the write fails with `conflict`.
  std::optional<std::int64_t> expected_sequence{};
};

/// Which part of a list is wanted.
struct PageRequest {
  /// At most this many items, 1 to `limits::page`; 0 means the operation's default: 10,000 messages, 20
  /// of a search, 100 of everything else.
  std::int64_t limit = 0;
  /// Where to go on: the `next` of the page before; empty for the first page. Opaque, and of use only for the
  /// operation and arguments that answered it.
  std::string cursor{};
};

/// One page of a list.
template <class T>
struct Page {
  std::vector<T> items{};
  /// The cursor of the following page; empty when this is the last one.
  std::string next{};
};

}  // namespace heddle
