#pragma once

#include "heddle/context.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Questions of agents to humans, and their answers.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. Many
/// threads may call all operations at once.
///
/// A request is open until one response settles it, or until `expires_at`: from then on its status reads as `timeout`
/// and it can no longer be answered. Time is the clock of the calling process.
///
///  - `store` stores an open request and returns its id (generated if empty). `expires_at` is computed from
///    `created_at` and `timeout_ms`, which is 0 (no timeout) or at most 9999 years. Throws `already_exists` if the id
///    is in use, `invalid_argument` if the request already has an answer, and `not_found` if the session does not
///    exist. Deleting a session deletes its requests.
///  - `get` returns the request; nothing if it does not exist.
///  - `update` replaces question, context, type, priority and timeout of an open request and computes its `expires_at`
///    anew from the stored `created_at`; all other members keep their stored values, whatever is given. Returns false
///    if the request does not exist; throws `failed_precondition` if it is not open.
///  - `list_pending` returns open requests only, oldest first; `list_by_session` returns the requests of a session in
///    any state, newest first, and an empty list for a session that does not exist.
///  - `respond` settles an open request as approved, rejected or responded, and returns the request. Of several
///    concurrent responses exactly one succeeds. Throws `not_found` if the request does not exist and
///    `failed_precondition` if it is not open. A repeat with the idempotency key of the response that succeeded returns
///    the same.
///  - `wait` blocks until the request is no longer open, and returns it; the returned state is final. Goes on waiting
///    while the database is unavailable. Throws `not_found` if the request does not exist or is deleted meanwhile,
///    `deadline_exceeded` and `cancelled` as the Context says, and `failed_precondition` as soon as the backend is
///    closed. A response through the same backend
///    wakes it at once, a response by another process within about 100 ms, or within about 5 s if the database's
///    notification was lost; a deletion within about 5 s.
///  - `expire` stores `timeout` as the status of the tenant's requests that are past `expires_at`, and returns how many
///    there were. Reads do not depend on it, but each such request that is not yet marked slows the list of open
///    requests down.
///
/// A request that `get` or a list returns as `timeout` can still turn out to be answered: a response that was being
/// stored at that moment may appear later. `wait` and `respond` never contradict each other.
template <class T>
concept HumanRequestStorage = requires(T& store, const Context& context, const HumanRequest& request,
                                       const HumanResponse& response, const std::string& id, const PageRequest& page,
                                       const WriteOptions& options) {
  { store.store(context, request, options) } -> std::same_as<std::string>;
  { store.get(context, id) } -> std::same_as<std::optional<HumanRequest>>;
  { store.update(context, request, options) } -> std::same_as<bool>;
  { store.list_pending(context, page) } -> std::same_as<Page<HumanRequest>>;
  { store.list_by_session(context, id, page) } -> std::same_as<Page<HumanRequest>>;
  { store.respond(context, id, response, options) } -> std::same_as<HumanRequest>;
  { store.wait(context, id) } -> std::same_as<HumanRequest>;
  { store.expire(context, options) } -> std::same_as<std::int64_t>;
};

}  // namespace heddle
