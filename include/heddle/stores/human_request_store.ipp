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
#include "heddle/stores/detail/human_requests.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/human_request_store.hpp"

#include <optional>
#include <string>
#include <utility>

namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_request{ErrorCode::not_found, "the human request", "does not exist"};
inline constexpr Refusal request_not_open{ErrorCode::failed_precondition, "the human request",
                                          "is not open: it is settled or has timed out"};
inline constexpr Refusal request_settled{ErrorCode::failed_precondition, "the human request",
                                         "is answered or cancelled"};
inline constexpr Refusal request_id_taken{ErrorCode::already_exists, "the human request",
                                          "exists already: use another id"};

template <class Policy>
[[nodiscard]] const auto& request_statements() {
  return sql::statements<typename Policy::Dialect::HumanRequests>();
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
    tell(passage, request.id);
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
Page<HumanRequest> HumanRequestStore<Policy, Tracer>::list_by_priority(const Context& context,
                                                                       const PageRequest& request) {
  return gateway_.run(context, Operation::list_human_requests_by_priority, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::requests_by_priority, request, sql::default_limit, {sql::before_all, {}});
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.page(stores::detail::request_statements<Policy>().list_by_priority, tx.user_id(), now(),
                          sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const HumanRequest& last, std::int64_t key) { return sql::Position{key, last.id}; });
      };
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

}  // namespace heddle
