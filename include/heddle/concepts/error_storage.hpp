#pragma once

#include "heddle/context.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <optional>
#include <string>

namespace heddle {

/// Errors of tools, kept in full while the agent sees a summary.
///
/// For every operation: it works for the tenant of the Context only, and an id of another tenant behaves like one that
/// is not there. Input is checked before anything is sent (`invalid_argument`). It throws Error and nothing else. A
/// write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. All
/// operations may be called by many threads at once.
///
///  - `store` keeps an error and answers its id. Without an id one is made of the error's time (UTC) and six random
///    digits; more digits if several of these were taken, so that a made id never fails the call. An id of the caller's
///    that is taken is `already_exists`, and the earlier error stays as it is. `raw_error` may be any text: a JSON
///    value is answered byte for byte, other text as the member `message` of a JSON object. The summary, if none is
///    given, is the first line of `raw_error` with anything on it, cut to 100 characters and never within one. The
///    tool's name is at most `limits::id` bytes, the summary `limits::name`, and the time lies in the years 1 to 9999.
///    A session that is not there is `not_found`; when a session is deleted, its errors and their idempotency keys go
///    with it.
///  - `get` answers the error; nothing if there is none.
///  - `list` answers the errors that pass all parts of the filter, newest first by their time, then by id. An error
///    that is stored between two pages, with a time that has been passed already, is not met any more. A session that
///    is not there has no errors.
///
/// It does not promise that errors are ever removed but with their session.
template <class T>
concept ErrorStorage = requires(T& store, const Context& context, const StoredError& error, const std::string& id,
                                const ErrorFilter& filter, const PageRequest& page, const WriteOptions& options) {
  { store.store(context, error, options) } -> std::same_as<std::string>;
  { store.get(context, id) } -> std::same_as<std::optional<StoredError>>;
  { store.list(context, filter, page) } -> std::same_as<Page<StoredError>>;
};

}  // namespace heddle
