// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/announcements.hpp"
#include "heddle/stores/detail/human_requests.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/human_request_store.hpp"

#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_request{ErrorCode::not_found, "the human request", "does not exist"};
inline constexpr Refusal request_not_open{ErrorCode::failed_precondition, "the human request",
                                          "is not open: it is settled or has timed out"};
inline constexpr Refusal request_id_taken{ErrorCode::already_exists, "the human request",
                                          "exists already: use another id"};

template <class Policy>
[[nodiscard]] const auto& request_statements() {
  return sql::statements<typename Policy::Dialect::HumanRequests>();
}

/// Returns the stored request. If it is past `expires_at`, stores the timeout first: a response may be in progress, and
/// the result of a waiting call must be final.
template <class Policy, class Passage>
[[nodiscard]] HumanRequest look_up(Passage& passage, const std::string& id) {
  const auto& statements = request_statements<Policy>();
  HumanRequest request =
      passage.read([&](auto& tx) { return tx.require(no_such_request.of(id), statements.find, tx.user_id(), id); });
  if (!is_over(now(), request)) { return request; }
  return passage.write([&](auto& tx) {
    tx.run(statements.expire_one, tx.user_id(), id, now());
    return tx.require(no_such_request.of(id), statements.find, tx.user_id(), id);
  });
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::string HumanRequestStore<Policy, Tracer>::store(const Context& context, const HumanRequest& request,
                                                     const WriteOptions& options) {
  return gateway_.run(context, Operation::store_human_request, [&](auto& passage) {
    const HumanRequest row = stores::detail::row_of(request);
    return passage
        .write_once(
            options.idempotency_key, request.session_id, [&] { return sql::fingerprint(request); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, row.session_id);
              tx.require(stores::detail::request_id_taken.of(row.id),
                         stores::detail::request_statements<Policy>().insert, tx.user_id(),
                         sql::Fields<HumanRequest>{row});
              tx.answer(row.id);
            })
        .text;
  });
}

template <class Policy, class Tracer>
std::optional<HumanRequest> HumanRequestStore<Policy, Tracer>::get(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::get_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    return passage.read([&](auto& tx) {
      auto row = tx.one(stores::detail::request_statements<Policy>().find, tx.user_id(), id);
      return [row = std::move(row), at = now()]() mutable {
        auto request = row();
        if (request) { stores::detail::show_at(at, *request); }
        return request;
      };
    });
  });
}

template <class Policy, class Tracer>
bool HumanRequestStore<Policy, Tracer>::update(const Context& context, const HumanRequest& request,
                                               const WriteOptions& options) {
  return gateway_.run(context, Operation::update_human_request, [&](auto& passage) {
    validation::check_id("request.id", request.id);
    stores::detail::check_request(request);
    using Question = sql::Fields<HumanRequest, typename Policy::Dialect::HumanRequests::Question>;
    const std::string topic = stores::detail::topic_of(passage.user_id(), request.id);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt,
        [&] { return sql::Fingerprint().add_as<sql::FrozenRequestUpdate>(request).hex(); },
        [&](auto& tx) {
          const auto& statements = stores::detail::request_statements<Policy>();
          const Timestamp at = now();
          tx.require(stores::detail::request_not_open.of(request.id), statements.open_or_absent, tx.user_id(),
                     request.id, at);
          tx.run_as_answer(statements.update, tx.user_id(), request.id, Question{request}, at);
        });
    // Waiting threads may have to wake up at another time.
    changes_.notify(topic);
    stores::announce<Policy>(passage, request.id);
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
Page<HumanRequest> HumanRequestStore<Policy, Tracer>::list_pending(const Context& context, const PageRequest& request) {
  return gateway_.run(context, Operation::list_pending_human_requests, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::pending_requests, request, sql::default_limit, {sql::before_all, {}});
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.page(stores::detail::request_statements<Policy>().list_pending, tx.user_id(), now(),
                          sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable { return stores::detail::page_of_requests(page, rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<HumanRequest> HumanRequestStore<Policy, Tracer>::list_by_session(const Context& context,
                                                                      const std::string& session_id,
                                                                      const PageRequest& request) {
  return gateway_.run(context, Operation::list_human_requests_of_session, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const sql::ListPage page(sql::Listing::requests_of_session, request, sql::default_limit, {sql::after_all, {}},
                             session_id);
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.page(stores::detail::request_statements<Policy>().list_by_session, tx.user_id(), session_id,
                          sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page, at = now()]() mutable {
        auto requests = stores::detail::page_of_requests(page, rows());
        for (HumanRequest& each : requests.items) { stores::detail::show_at(at, each); }
        return requests;
      };
    });
  });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::respond(const Context& context, const std::string& id,
                                                        const HumanResponse& response, const WriteOptions& options) {
  return gateway_.run(context, Operation::respond_to_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    stores::detail::check_response(response);
    const auto& statements = stores::detail::request_statements<Policy>();
    const std::string topic = stores::detail::topic_of(passage.user_id(), id);
    std::optional<HumanRequest> settled;
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id, response); },
        [&](auto& tx) {
          tx.require(stores::detail::no_such_request.of(id), statements.exists, tx.user_id(), id);
          // No separate read of the state: one statement checks that the request is open and settles it, for one caller
          // only.
          auto row = tx.require(stores::detail::request_not_open.of(id), statements.respond, tx.user_id(), id,
                                sql::Fields<HumanResponse>{response}, now());
          return [row = std::move(row), &settled]() mutable { settled = row(); };
        });
    changes_.notify(topic);
    stores::announce<Policy>(passage, id);
    if (settled && !answer.repeated) { return std::move(*settled); }
    // A repeat of an earlier call that settled the request, whose state is final.
    return passage.read([&](auto& tx) {
      return tx.require(stores::detail::no_such_request.of(id), statements.find, tx.user_id(), id);
    });
  });
}

template <class Policy, class Tracer>
HumanRequest HumanRequestStore<Policy, Tracer>::wait(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::wait_for_human_request, [&](auto& passage) {
    validation::check_id("request id", id);
    stores::subscribe_to_changes<Policy>(passage, changes_, remote_topics_);
    // `close` waits for this call, so it must wake it.
    const std::stop_callback wake(passage.lifecycle().close_token(), [this] { changes_.notify_all(); });
    const std::string topic = stores::detail::topic_of(passage.user_id(), id);
    stores::RemoteWait<Policy> remote(remote_topics_, topic);
    for (;;) {
      // Read before the request: a change that is committed after the read must not be missed.
      const std::uint64_t seen = changes_.version(topic);
      if (passage.lifecycle().is_closed()) {
        throw Error(ErrorCode::failed_precondition, "the backend was closed while the call waited for an answer");
      }
      auto next_look = Context::Clock::now() + stores::detail::look_again_after_failure;
      try {
        HumanRequest request = stores::detail::look_up<Policy>(passage, id);
        if (request.status != RequestStatus::pending) { return request; }
        // A change in between was not heard, so the request is read again.
        if (remote.begin(passage, id)) { continue; }
        next_look = stores::detail::next_look(request, remote.hears(passage));
      } catch (const Error& error) {
        // A server that restarts, or whose standby takes over, can still bring the answer.
        if (error.code() != ErrorCode::unavailable) { throw; }
      }
      changes_.wait(context, topic, seen, next_look);
      context.check();
    }
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
