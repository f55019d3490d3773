#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heddle {

/// Options of a write.
struct WriteOptions {
  /// Makes a retry safe: a call that repeats the key returns what the first call returned and changes nothing. A key
  /// belongs to the tenant. Throws `invalid_argument` if the key was used for another operation or other content; a
  /// time that is set anew for a retry is other content. Deleting a session deletes the keys of its writes; other keys
  /// stay until `purge_idempotency_keys`. At most `limits::id` bytes; empty: no key.
  std::string idempotency_key{};
};

/// Where a session ends: its present branch and its last sequence number, 0 if it has no messages. A rewind changes the
/// branch, so two equal ends have the same messages before them; two equal sequence numbers alone do not say that.
struct SessionEnd {
  std::int64_t branch = 1;
  std::int64_t sequence = 0;

  friend bool operator==(const SessionEnd&, const SessionEnd&) = default;
};

/// Options of a write that appends messages to a session.
struct AppendOptions {
  /// See WriteOptions.
  std::string idempotency_key{};
  /// The last sequence number of the session that the caller has seen (0: it has no messages). The write throws
  /// `conflict` if the session's last sequence number is another one. Compares lengths only: after a rewind other
  /// messages can have the same numbers. `expected` tells that, too.
  std::optional<std::int64_t> expected_sequence{};
  /// The end of the session that the caller has seen. The write throws `conflict` if the session ends elsewhere.
  std::optional<SessionEnd> expected{};
};

/// Selects a page of a list. A page of records ends early, after the item with which its texts have as many bytes as
/// the configuration allows (`page_bytes`, 64 MiB); it has at least one item if there is one. Do not take a page with
/// fewer items than `limit` for the last one: that is the one whose `next` is empty.
struct PageRequest {
  /// At most this many items, 1 to `limits::page`; 0 means the operation's default: 10,000 messages, 20
  /// of a search, 100 of everything else.
  std::int64_t limit = 0;
  /// Where to continue: `next` of the previous page; empty for the first page. Opaque, and valid only for the operation
  /// and the arguments of the call that returned it.
  std::string cursor{};
};

/// One page of a list.
template <class T>
struct Page {
  std::vector<T> items{};
  /// The cursor of the next page; empty if this is the last one.
  std::string next{};
};

}  // namespace heddle
