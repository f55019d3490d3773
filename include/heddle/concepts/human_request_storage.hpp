#pragma once

#include "heddle/context.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace heddle {

/// Questions of agents to humans, and their answers.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. Many
/// threads may call all operations at once.
///
/// A request is open until one response settles it, until it is cancelled, or until `expires_at`: from then on its
/// status reads as `timeout` and it can no longer be answered. Time is the clock of the calling process.
///
///  - `store` stores an open request and returns its id (generated if empty). `expires_at` is computed from
///    `created_at` and `timeout_ms`, which is 0 (no timeout) or at most 9999 years. Throws `already_exists` if the id
///    is in use, `invalid_argument` if the request already has an answer, and `not_found` if the session does not
///    exist. Deleting a session deletes its requests.
///  - `get` returns the request; nothing if it does not exist.
///  - `update` replaces question, context, type, priority, timeout, kind, summary and parameters of an open request and
///    computes its `expires_at` anew from the stored `created_at`; all other members keep their stored values, whatever
///    is given. Returns false if the request does not exist; throws `failed_precondition` if it is not open.
///  - `list_pending` returns open requests only, oldest first; `list_by_priority` the same by priority, highest first,
///    and then oldest first. A request whose priority is changed between two pages can be in both, or in none.
///    `list_by_session` returns the requests of a session in any state, newest first, and an empty list for a session
///    that does not exist.
///  - `respond` settles an open request as approved, rejected or responded, and returns the request. Of several
///    concurrent responses exactly one succeeds. Throws `not_found` if the request does not exist and
///    `failed_precondition` if it is not open. A repeat with the idempotency key of the response that succeeded returns
///    the same.
///  - `cancel` settles an open request as `cancelled`, because its agent no longer needs the answer, and returns the
///    request. Everything else is as for `respond`.
///  - `wait` blocks until the request is no longer open, and returns it; the returned state is final. Goes on waiting
///    while the database is unavailable. Throws `not_found` if the request does not exist or is deleted meanwhile,
///    `deadline_exceeded` and `cancelled` as the Context says, and `failed_precondition` as soon as the backend is
///    closed. A response through the same backend
///    wakes it at once, a response by another process within about 100 ms, or within about 5 s if the database's
///    notification was lost; a deletion with its session within about 5 s.
///  - `wait_any` is `wait` for several requests: it returns the first of `ids`, in their order, that is no longer open,
///    as soon as there is one. There are 1 to `limits::awaited` ids; all must exist, also while it waits.
///  - `expire` stores `timeout` as the status of the tenant's requests that are past `expires_at`, and returns how many
///    there were. Reads do not depend on it, but each such request that is not yet marked slows the list of open
///    requests down. `expire_one` ends one request as `timeout` now, whether or not it has an `expires_at`, and returns
///    it; it changes nothing if its time was over already. Throws `not_found` if the request does not exist and
///    `failed_precondition` if it was answered or cancelled.
///  - `remove` removes a request in any state, also one without a session, and returns true; false if there is none. A
///    call that waits for it throws `not_found`. The idempotency keys of its writes stay.
///
/// A request that `get` or a list returns as `timeout` can still turn out to be answered: a response that was being
/// stored at that moment may appear later. `wait` and `respond` never contradict each other.
template <class T>
concept HumanRequestStorage = requires(T& store, const Context& context, const HumanRequest& request,
                                       const HumanResponse& response, const std::string& id,
                                       const std::vector<std::string>& ids, const PageRequest& page,
                                       const WriteOptions& options) {
  { store.store(context, request, options) } -> std::same_as<std::string>;
  { store.get(context, id) } -> std::same_as<std::optional<HumanRequest>>;
  { store.update(context, request, options) } -> std::same_as<bool>;
  { store.list_pending(context, page) } -> std::same_as<Page<HumanRequest>>;
  { store.list_by_priority(context, page) } -> std::same_as<Page<HumanRequest>>;
  { store.list_by_session(context, id, page) } -> std::same_as<Page<HumanRequest>>;
  { store.respond(context, id, response, options) } -> std::same_as<HumanRequest>;
  { store.cancel(context, id, options) } -> std::same_as<HumanRequest>;
  { store.wait(context, id) } -> std::same_as<HumanRequest>;
  { store.wait_any(context, ids) } -> std::same_as<HumanRequest>;
  { store.expire(context, options) } -> std::same_as<std::int64_t>;
  { store.expire_one(context, id, options) } -> std::same_as<HumanRequest>;
  { store.remove(context, id, options) } -> std::same_as<bool>;
};

}  // namespace heddle
