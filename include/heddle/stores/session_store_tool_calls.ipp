// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/open_tool_call.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/search_text.hpp"
#include "heddle/sql/turn_rows.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/require_session.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/stores/session_store_branches.ipp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

// The operations of SessionStore on calls of tools without a result.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal session_is_full{ErrorCode::resource_exhausted, "the session", "holds no further message"};

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Returns the open one of the calls of a message. Throws `data_loss` if the message does not have it.
[[nodiscard]] OpenToolCall open_call(std::same_as<sql::StoredToolCall> auto&& stored) {
  const auto position = static_cast<std::size_t>(stored.position);
  sql::json::expect(stored.position >= 0 && position < stored.tool_calls.size());
  return {std::move(stored.session_id), stored.sequence, std::move(stored.tool_calls[position])};
}

}  // namespace stores::detail

template <class Policy, class Tracer>
Page<OpenToolCall> SessionStore<Policy, Tracer>::open_tool_calls(const Context& context,
                                                                 const std::optional<std::string>& session_id,
                                                                 const PageRequest& request) {
  return gateway_.run(context, Operation::open_tool_calls, [&](auto& passage) {
    if (session_id) { validation::check_id("session_id", *session_id); }
    const sql::ListPage page(sql::Listing::open_tool_calls, request, sql::default_limit, {}, session_id);
    return passage.read([&](auto& tx) {
      const auto& sql = stores::detail::tool_call_statements<Policy>();
      auto rows = session_id ? tx.page(sql.list_of_session, tx.user_id(), *session_id, page.rows(), page.offset())
                             : tx.page(sql.list, tx.user_id(), page.rows(), page.offset());
      return [rows = std::move(rows), &page]() mutable {
        Page<sql::StoredToolCall> stored = page.of_offset(rows());
        Page<OpenToolCall> calls{{}, std::move(stored.next)};
        calls.items.reserve(stored.items.size());
        for (sql::StoredToolCall& each : stored.items) {
          calls.items.push_back(stores::detail::open_call(std::move(each)));
        }
        return calls;
      };
    });
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::close_tool_calls(const Context& context, const std::string& session_id,
                                                            const ToolError& error, const AppendOptions& options) {
  return gateway_.run(context, Operation::close_tool_calls, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    validation::check("error", error);
    stores::detail::check_expected(options);
    const Message closing{.content = error.message, .tool_result = ToolResult{.success = false, .error = error}};
    const std::string result = sql::json::encode(*closing.tool_result);
    const Timestamp present = now();
    return passage
        .write_once(
            options.idempotency_key, session_id,
            [&] { return sql::Fingerprint().add(std::string_view(session_id)).add(error).hex(); },
            [&](auto& tx) {
              const auto user = tx.user_id();
              const auto& sql = stores::detail::tool_call_statements<Policy>();
              tx.require(stores::detail::no_such_session.of(session_id),
                         stores::detail::branch_statements<Policy>().hold, user, session_id);
              stores::detail::require_end<Policy>(tx, session_id, options);
              tx.require(stores::detail::session_is_full, sql.has_room, user, session_id);
              tx.run_as_answer(sql.insert, user, session_id, result, error.message, present,
                               sql::SearchText(closing, error.message.size() + result.size()));
              tx.run(sql.link, user, session_id);
              if constexpr (requires { sql.queue; }) { tx.run(sql.queue, user, session_id); }
              tx.run(sql.take, user, session_id, present);
            })
        .number;
  });
}

}  // namespace heddle
