#pragma once

#include "heddle/concepts/storage_policy.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/change_signal.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/list_bounds.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

/// Questions to humans and their answers, on any backend. Satisfies HumanRequestStorage, which says what each operation
/// means. Safe to use from many threads.
template <class Policy, class Tracer>
class HumanRequestStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  explicit HumanRequestStore(Gateway& gateway) : gateway_(gateway) {}

  /// Asks; answers the id of the request.
  std::string store(const Context& context, const HumanRequest& request, const WriteOptions& options = {}) {
    check(request);
    validation::check_time("request.created_at", request.created_at);
    if (!is_unanswered(request)) { validation::refuse("request", "has an answer, which only responding to it gives"); }
    HumanRequest row = request;
    if (row.id.empty()) { row.id = detail::crypto::random_uuid(); }
    row.created_at = or_now(row.created_at);
    row.expires_at.reset();
    if (row.timeout_ms.count() != 0) { row.expires_at = row.created_at + row.timeout_ms; }
    return gateway_
        .write_once(
            context, "store_human_request", options, request.session_id,
            [&] { return sql::fingerprint(sql::Fields<HumanRequest, asked>{request}); },
            [&](auto& tx) {
              stores::detail::require_session<Policy>(tx, row.session_id);
              tx.require(id_taken, dialect().insert, tx.user_id(), sql::Fields<HumanRequest>{row});
              tx.answer(row.id);
            })
        .text;
  }

  /// The request of this id; nothing if there is none.
  [[nodiscard]] std::optional<HumanRequest> get(const Context& context, const std::string& id) {
    validation::check_id("request id", id);
    return gateway_.read(context, "get_human_request", [&](auto& tx) {
      auto row = tx.one(dialect().find, tx.user_id(), id);
      return [row = std::move(row), at = now()]() mutable {
        auto request = row();
        if (request) { show_at(at, *request); }
        return request;
      };
    });
  }

  /// Changes what an open request asks; false if there is none of this id.
  bool update(const Context& context, const HumanRequest& request, const WriteOptions& options = {}) {
    validation::check_id("request.id", request.id);
    check(request);
    const std::string changed = topic(request.id);
    const Answer answer = gateway_.write_once(
        context, "update_human_request", options, std::nullopt,
        [&] {
          return sql::fingerprint(request.id, request.question, request.context, request.request_type, request.priority,
                                  request.timeout_ms);
        },
        [&](auto& tx) {
          const Timestamp at = now();
          tx.require(not_open, dialect().open_or_absent, tx.user_id(), request.id, at);
          tx.run_as_answer(dialect().update, tx.user_id(), request.id, request.question, request.context,
                           request.request_type, request.priority, request.timeout_ms, at);
          announce(tx, changed);
        });
    // Who waits may have to wake up at another time.
    changes_.notify(changed);
    return answer.number != 0;
  }

  /// Open requests of the tenant, oldest first.
  [[nodiscard]] Page<HumanRequest> list_pending(const Context& context, const PageRequest& request = {}) {
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const sql::Position from = sql::read_cursor('p', request.cursor, {sql::before_all, {}});
    return gateway_.read(context, "list_pending_human_requests", [&](auto& tx) {
      auto rows = tx.all(dialect().list_pending, tx.user_id(), now(), sql::time_of(from), from.id, limit + 1);
      return [rows = std::move(rows), limit]() mutable { return page('p', rows(), limit); };
    });
  }

  /// Requests of a session in any state, newest first.
  [[nodiscard]] Page<HumanRequest> list_by_session(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {}) {
    validation::check_id("session_id", session_id);
    const std::int64_t limit = sql::limit_of(request, sql::default_limit);
    const sql::Position from = sql::read_cursor('h', request.cursor, {sql::after_all, {}});
    return gateway_.read(context, "list_human_requests_of_session", [&](auto& tx) {
      auto rows = tx.all(dialect().list_by_session, tx.user_id(), session_id, sql::time_of(from), from.id, limit + 1);
      return [rows = std::move(rows), limit, at = now()]() mutable {
        auto answer = page('h', rows(), limit);
        for (HumanRequest& each : answer.items) { show_at(at, each); }
        return answer;
      };
    });
  }

  /// Settles an open request, once; answers it as it is from now on.
  HumanRequest respond(const Context& context, const std::string& id, const HumanResponse& response,
                       const WriteOptions& options = {}) {
    validation::check_id("request id", id);
    validation::check("response", response);
    if (response.status == RequestStatus::pending || response.status == RequestStatus::timeout) {
      validation::refuse("response.status", "is not approved, rejected or responded");
    }
    const std::string changed = topic(id);
    std::optional<HumanRequest> settled;
    const Answer answer = gateway_.write_once(
        context, "respond_to_human_request", options, std::nullopt,
        [&] { return sql::fingerprint(id, sql::Fields<HumanResponse>{response}); },
        [&](auto& tx) {
          tx.require(no_such_request, dialect().exists, tx.user_id(), id);
          // No look at the state before: the one statement finds the request open and settles it, for one caller only.
          auto row =
              tx.require(not_open, dialect().respond, tx.user_id(), id, sql::Fields<HumanResponse>{response}, now());
          announce(tx, changed);
          return [row = std::move(row), &settled]() mutable { settled = row(); };
        });
    changes_.notify(changed);
    if (settled && !answer.repeated) { return std::move(*settled); }
    // A repeat of an earlier call, which settled the request: that is how it has stayed.
    return gateway_.read(context, "get_human_request",
                         [&](auto& tx) { return tx.require(no_such_request, dialect().find, tx.user_id(), id); });
  }

  /// Blocks until the request is settled or its time is over; answers it as it is from now on.
  [[nodiscard]] HumanRequest wait(const Context& context, const std::string& id) {
    validation::check_id("request id", id);
    return gateway_.pass(context, "wait_for_human_request", [&](const Call& call) {
      if constexpr (concepts::HearsChanges<Policy>) {
        gateway_.engine().listen(
            [this](std::string_view heard) { heard.empty() ? changes_.notify_all() : changes_.notify(heard); });
      }
      // Closing waits for this call, so it must not be slept through.
      const std::stop_callback wake(gateway_.lifecycle().close_token(), [this] { changes_.notify_all(); });
      const std::string changed = topic(id);
      for (;;) {
        // Before the look: what is committed after it must not be missed.
        const std::uint64_t seen = changes_.version(changed);
        if (gateway_.lifecycle().is_closed()) {
          throw Error(ErrorCode::failed_precondition, "the backend was closed while waiting");
        }
        HumanRequest request = look(call, id);
        if (request.status != RequestStatus::pending) { return request; }
        changes_.wait(context, changed, seen, next_look(request));
        context.check();
      }
    });
  }

  /// Writes the end of all pending requests of the tenant whose time is over; answers how many they were.
  std::int64_t expire(const Context& context, const WriteOptions& options = {}) {
    const Answer answer = gateway_.write_once(
        context, "expire_human_requests", options, std::nullopt, [] { return sql::fingerprint(); },
        // Who waits for one of them knows its end, and is not told.
        [&](auto& tx) { tx.run_as_answer(dialect().expire, tx.user_id(), now()); });
    return answer.number;
  }

 private:
  static constexpr Refusal no_such_request{ErrorCode::not_found, "the human request does not exist"};
  static constexpr Refusal not_open{ErrorCode::failed_precondition, "the human request is settled or its time is over"};
  static constexpr Refusal id_taken{ErrorCode::already_exists, "a human request with this id exists already"};
  /// Members of a HumanRequest that who asks gives; the rest is made of them or comes with the answer.
  static constexpr std::size_t asked = 9;
  /// How long an answer that was given to another process can stay unnoticed, unless the engine hears of it.
  static constexpr std::chrono::milliseconds look_again{100};
  /// The same if the engine does: for what it does not notice itself.
  static constexpr std::chrono::milliseconds look_again_at_last{5000};

  static const auto& dialect() { return sql::statements<typename Policy::Dialect::HumanRequests>(); }

  static void check(const HumanRequest& request) {
    validation::check("request", request);
    validation::check_timeout("request.timeout_ms", request.timeout_ms);
    if (request.session_id) { validation::check_id("request.session_id", *request.session_id); }
  }

  static bool is_unanswered(const HumanRequest& request) {
    return request.status == RequestStatus::pending && request.response.empty() &&
           request.response_data == JsonObject{} && !request.responded_at && request.responded_by.empty();
  }

  static bool is_over(Timestamp at, const HumanRequest& request) {
    return request.status == RequestStatus::pending && request.expires_at && *request.expires_at <= at;
  }

  /// From its end on a request shows as ended, whether or not somebody has written that down.
  static void show_at(Timestamp at, HumanRequest& request) {
    if (is_over(at, request)) { request.status = RequestStatus::timeout; }
  }

  static Page<HumanRequest> page(char list, std::vector<HumanRequest> rows, std::int64_t limit) {
    return sql::make_page(list, std::move(rows), limit, [](const HumanRequest& last) {
      return sql::Position{microseconds_of(last.created_at), last.id};
    });
  }

  /// The request as it is stored. If its time is over, that is written first: a response may just be on its way, and
  /// what is answered to one who waited must be final.
  HumanRequest look(const Call& call, const std::string& id) {
    auto read = [&](auto& tx) { return tx.require(no_such_request, dialect().find, tx.user_id(), id); };
    HumanRequest request = gateway_.engine().read(call, read);
    if (!is_over(now(), request)) { return request; }
    auto end = [&](auto& tx) {
      tx.run(dialect().expire_one, tx.user_id(), id, now());
      return tx.require(no_such_request, dialect().find, tx.user_id(), id);
    };
    return gateway_.engine().write(call, end);
  }

  /// What a change of a request is announced as: not its id, for other tenants can hear it.
  static std::string topic(const std::string& id) { return sql::fingerprint("human_request", id); }

  /// Tells other processes of a change, where they can hear it.
  template <class Transaction>
  static void announce([[maybe_unused]] Transaction& tx, [[maybe_unused]] const std::string& changed) {
    if constexpr (concepts::HearsChanges<Policy>) {
      tx.run(sql::statements<typename Policy::Dialect::Announcements>().changed, changed);
    }
  }

  /// When to look again although nothing was notified.
  Context::Clock::time_point next_look(const HumanRequest& request) {
    std::chrono::milliseconds pause = look_again;
    if constexpr (concepts::HearsChanges<Policy>) {
      if (gateway_.engine().is_listening()) { pause = look_again_at_last; }
    }
    if (request.expires_at) {
      pause = std::min(pause, std::chrono::ceil<std::chrono::milliseconds>(*request.expires_at - now()));
    }
    return Context::Clock::now() + pause;
  }

  Gateway& gateway_;
  detail::calls::ChangeSignal changes_;
};

}  // namespace heddle
