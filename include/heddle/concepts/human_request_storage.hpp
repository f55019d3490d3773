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
/// For every operation: it works for the tenant of the Context only, and an id of another tenant behaves like one that
/// is not there. Input is checked before anything is sent (`invalid_argument`). It throws Error and nothing else. A
/// write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. All
/// operations may be called by many threads at once.
///
/// A request is open until it is settled by one response, or until `expires_at`: from then on it reads as `timeout` and
/// nobody can answer it any more. Time is the clock of the calling process.
///
///  - `store` asks and answers the id (made if empty; `already_exists` if taken). `expires_at` is made of `created_at`
///    and `timeout_ms`, which is 0 for ever or at most 9999 years; a request that has an answer already is refused. A
///    session that is not there is `not_found`; when a session is deleted, its requests go with it.
///  - `get` answers the request; nothing if there is none.
///  - `update` replaces question, context, type, priority and timeout of an open request, whose `expires_at` is made
///    anew from its first `created_at`; everything else stays, and of what is given for it no notice is taken. False if
///    there is none of this id, `failed_precondition` if it is not open.
///  - `list_pending` answers open requests only, oldest first; `list_by_session` those of a session in any state,
///    newest first. A session that is not there has none.
///  - `respond` settles an open request as approved, rejected or responded, and answers it. Of many responses at once
///    exactly one succeeds. `not_found` if there is none, `failed_precondition` if it is not open. A repeat with the
///    idempotency key of the one that succeeded answers the same.
///  - `wait` blocks until the request is not open any more, and answers it; what it answers is final. `not_found` if
///    there is none or it is deleted meanwhile, `deadline_exceeded` and `cancelled` as the Context says, and
///    `failed_precondition` as soon as somebody closes the backend. An answer through the same backend wakes it at
///    once, one that another process gives within about 100 ms; after an announcement of the database that was lost on
///    its way, or a deletion, within about 5 s.
///  - `expire` writes `timeout` on the tenant's requests whose time is over, and answers how many there were. Reading
///    does not depend on it, but a list of open requests gets slower with every one that was never written off.
///
/// It does not promise that a request which `get` or a list shows as `timeout` was not answered in its last moment: a
/// response that was on its way may still show itself. `wait` and `respond` never contradict each other.
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
