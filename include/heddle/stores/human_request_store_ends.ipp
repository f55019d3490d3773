// Private: may change in every version; public headers include it where it is needed.
#pragma once

// The operations of HumanRequestStore that end requests or wait for their ends.

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/stores/announcements.hpp"
#include "heddle/stores/detail/human_requests.hpp"
#include "heddle/stores/human_request_store.ipp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <utility>
#include <vector>

namespace heddle {
namespace stores::detail {

/// What a waiting call reads: the first request that is no longer open, or else when the next one ends by itself.
struct AwaitedRequests {
  std::optional<HumanRequest> ended{};
  std::optional<HumanRequest> later{};  ///< one behind `ended`, which may not have ended
  std::optional<Timestamp> first_end{};

  /// Adds the next request, as it is at a time.
  void add(HumanRequest request, Timestamp at) {
    const bool has_ended = request.status != RequestStatus::pending;
    if (ended) {
      if (has_ended && !later && ended->status == RequestStatus::pending) { later = std::move(request); }
    } else if (has_ended || is_over(at, request)) {
      ended = std::move(request);
    } else if (request.expires_at && (!first_end || *request.expires_at < *first_end)) {
      first_end = request.expires_at;
    }
  }
};

/// Reads requests. If the first one that is not open is past `expires_at`, stores its timeout: a response may be in
/// progress, and the result of a waiting call must be final.
template <class Policy, class Passage>
[[nodiscard]] AwaitedRequests look_up(Passage& passage, const std::vector<std::string>& ids) {
  const auto& statements = request_statements<Policy>();
  AwaitedRequests awaited = passage.read([&](auto& tx) {
    std::vector<decltype(tx.require(no_such_request.of(ids.front()), statements.find, tx.user_id(), ids.front()))> rows;
    rows.reserve(ids.size());
    for (const std::string& id : ids) {
      rows.push_back(tx.require(no_such_request.of(id), statements.find, tx.user_id(), id));
    }
    return [rows = std::move(rows), at = now()]() mutable {
      AwaitedRequests found;
      for (auto& row : rows) { found.add(row(), at); }
      return found;
    };
  });
  if (!awaited.ended || awaited.ended->status != RequestStatus::pending) { return awaited; }
  const std::string& id = awaited.ended->id;
  HumanRequest request = passage.write([&](auto& tx) {
    tx.run(statements.expire_one, tx.user_id(), id, now());
    return tx.require(no_such_request.of(id), statements.find, tx.user_id(), id);
  });
  // The clock that decides can be behind the one of this process.
  if (request.status == RequestStatus::pending) {
    return {.ended = std::move(awaited.later), .later = {}, .first_end = request.expires_at};
  }
  awaited.ended = std::move(request);
  return awaited;
}

}  // namespace stores::detail

template <class Policy, class Tracer>
template <class Passage>
void HumanRequestStore<Policy, Tracer>::tell(Passage& passage, const std::string& id) {
  changes_.notify(stores::detail::topic_of(passage.user_id(), id));
  stores::announce<Policy>(passage, id);
}

template <class Policy, class Tracer>
template <class Passage, class Fingerprint, class End>
HumanRequest HumanRequestStore<Policy, Tracer>::end(Passage& passage, const std::string& id,
                                                    const WriteOptions& options, Fingerprint&& fingerprint,
                                                    End&& queue) {
  const auto& statements = stores::detail::request_statements<Policy>();
  std::optional<HumanRequest> ended;
  const Answer answer = passage.write_once(options.idempotency_key, std::nullopt, fingerprint, [&](auto& tx) {
    tx.require(stores::detail::no_such_request.of(id), statements.exists, tx.user_id(), id);
    // No separate read of the state: one statement checks it and ends the request, for one caller only.
    return [row = queue(tx), &ended]() mutable { ended = row(); };
  });
  tell(passage, id);
  if (ended && !answer.repeated) { return std::move(*ended); }
  // A repeat of an earlier call that ended the request, whose state is final.
  return passage.read(
      [&](auto& tx) { return tx.require(stores::detail::no_such_request.of(id), statements.find, tx.user_id(), id); });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::respond(const Context& context, const std::string& id,
                                                        const HumanResponse& response, const WriteOptions& options) {
  return gateway_.run(context, Operation::respond_to_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    stores::detail::check_response(response);
    return end(
        passage, id, options, [&] { return sql::fingerprint(id, response); },
        [&](auto& tx) {
          return tx.require(stores::detail::request_not_open.of(id),
                            stores::detail::request_statements<Policy>().respond, tx.user_id(), id,
                            sql::Fields<HumanResponse>{response}, now());
        });
  });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::cancel(const Context& context, const std::string& id,
                                                       const WriteOptions& options) {
  return gateway_.run(context, Operation::cancel_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    const HumanResponse none{.status = RequestStatus::cancelled};
    return end(
        passage, id, options, [&] { return sql::fingerprint(id); },
        [&](auto& tx) {
          return tx.require(stores::detail::request_not_open.of(id),
                            stores::detail::request_statements<Policy>().respond, tx.user_id(), id,
                            sql::Fields<HumanResponse>{none}, now());
        });
  });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::expire_one(const Context& context, const std::string& id,
                                                           const WriteOptions& options) {
  return gateway_.run(context, Operation::expire_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    return end(
        passage, id, options, [&] { return sql::fingerprint(id); },
        [&](auto& tx) {
          return tx.require(stores::detail::request_settled.of(id),
                            stores::detail::request_statements<Policy>().end_one, tx.user_id(), id);
        });
  });
}

template <class Policy, class Tracer>
bool HumanRequestStore<Policy, Tracer>::remove(const Context& context, const std::string& id,
                                               const WriteOptions& options) {
  return gateway_.run(context, Operation::remove_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) { tx.run_as_answer(stores::detail::request_statements<Policy>().remove, tx.user_id(), id); });
    tell(passage, id);
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
template <class Passage>
HumanRequest HumanRequestStore<Policy, Tracer>::first_end(Passage& passage, const std::vector<std::string>& ids) {
  stores::subscribe_to_changes<Policy>(passage, changes_, remote_topics_);
  // `close` waits for this call, so it must wake it.
  const std::stop_callback wake(passage.lifecycle().close_token(), [this] { changes_.notify_all(); });
  std::vector<std::string> topics;
  topics.reserve(ids.size());
  for (const std::string& id : ids) { topics.push_back(stores::detail::topic_of(passage.user_id(), id)); }
  stores::RemoteWait<Policy> remote(remote_topics_, topics);
  for (;;) {
    // Read before the requests: a change that is committed after the read must not be missed.
    const std::vector<std::uint64_t> seen = changes_.versions(topics);
    if (passage.lifecycle().is_closed()) {
      throw Error(ErrorCode::failed_precondition, "the backend was closed while the call waited for an answer");
    }
    auto next_look = Context::Clock::now() + stores::detail::look_again_after_failure;
    try {
      stores::detail::AwaitedRequests awaited = stores::detail::look_up<Policy>(passage, ids);
      if (awaited.ended) { return *std::move(awaited.ended); }
      // A change in between was not heard, so the requests are read again.
      if (remote.begin(passage, ids)) { continue; }
      next_look = stores::detail::next_look(awaited.first_end, remote.hears(passage));
    } catch (const Error& error) {
      // A server that restarts, or whose standby takes over, can still bring the answer.
      if (error.code() != ErrorCode::unavailable) { throw; }
    }
    changes_.wait_any(passage.context(), topics, seen, next_look);
    passage.context().check();
  }
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::wait(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::wait_for_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    return first_end(passage, {id});
  });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::wait_any(const Context& context, const std::vector<std::string>& ids) {
  return gateway_.run(context, Operation::wait_for_any_human_request, [&](auto& passage) {
    stores::detail::check_awaited(ids);
    return first_end(passage, ids);
  });
}

template <class Policy, class Tracer>
std::int64_t HumanRequestStore<Policy, Tracer>::expire(const Context& context, const WriteOptions& options) {
  return gateway_.run(context, Operation::expire_human_requests, [&](auto& passage) {
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [] { return sql::fingerprint(); },
        // No notification: calls that wait for a request know its timeout.
        [&](auto& tx) { tx.run_as_answer(stores::detail::request_statements<Policy>().expire, tx.user_id(), now()); });
    return answer.number;
  });
}

}  // namespace heddle
