#pragma once

#include "heddle/context.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Errors of tools, stored in full while the agent sees a summary.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. Many
/// threads may call all operations at once.
///
///  - `store` stores an error and returns its id. An empty id is generated from the error's time (UTC) and six random
///    digits, or more digits if several such ids are in use, so that a generated id never makes the call fail. Throws
///    `already_exists` if the given id is in use; the stored error is not changed. `raw_error` may be any bytes: a
///    JSON value is returned byte for byte, other text as the member `message` of a JSON object. Of bytes that are not
///    UTF-8 without NUL, `message` is the text that `repair_text` makes of them and a member `bytes` has them in
///    base64. The summary, if none is given, is the first line that is not empty of `raw_error`, cut to 100 characters,
///    never inside a character. The tool's name has at most `limits::id` bytes, the summary at most `limits::name`, and
///    the time is in the years 1 to 9999. Throws `not_found` if the session does not exist. Deleting a session deletes
///    its errors and their idempotency keys.
///  - `get` returns the error; nothing if it does not exist.
///  - `list` returns the errors that match all parts of the filter, ordered by their time, newest first, then by id. An
///    error that is stored between two pages, with a time in a page that was already read, is not returned. For a
///    session that does not exist the list is empty.
///  - `remove` removes an error, also one without a session, and returns true; false if it does not exist.
///  - `prune` removes the tenant's errors that an ErrorRetention does not keep and returns how many there were. Ages
///  are
///    those of the errors' times by the clock of the database, or of the process on SQLite. It removes them in several
///    transactions, so if it throws, some of them can be removed; with an idempotency key, in one. Throws
///    `invalid_argument` if the retention keeps everything, or has a negative member.
///
/// Errors are removed by these two and with their session. The key of a `store` whose error was removed stays: its
/// repeat returns the id, and stores nothing.
template <class T>
concept ErrorStorage = requires(T& store, const Context& context, const StoredError& error, const std::string& id,
                                const ErrorFilter& filter, const ErrorRetention& retention, const PageRequest& page,
                                const WriteOptions& options) {
  { store.store(context, error, options) } -> std::same_as<std::string>;
  { store.get(context, id) } -> std::same_as<std::optional<StoredError>>;
  { store.list(context, filter, page) } -> std::same_as<Page<StoredError>>;
  { store.remove(context, id, options) } -> std::same_as<bool>;
  { store.prune(context, retention, options) } -> std::same_as<std::int64_t>;
};

}  // namespace heddle
