// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/search_query.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/message_page.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/validation/text.hpp"

#include <utility>
#include <vector>

// The operations of SessionStore on messages: of a session, of an agent, of a parent, and search.
namespace heddle {
namespace stores::detail {

template <class Policy>
[[nodiscard]] const auto& message_statements() {
  return sql::statements<typename Policy::Dialect::Messages>();
}

/// Appends what `work` writes, as the operation of the passage.
template <class Policy, class Passage>
[[nodiscard]] SequenceRange append(Passage& passage, const MessageWriter<Policy>& work, const std::string& session_id,
                                   const std::string& idempotency_key) {
  return work.range(passage.write_once(
      idempotency_key, session_id, [&work] { return work.fingerprint(); }, work));
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::save_message(const Context& context, const std::string& session_id,
                                                        const Message& message, const AppendOptions& options) {
  return gateway_.run(context, Operation::save_message, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, {&message, 1}, {}, options.expected_sequence);
    return stores::detail::append(passage, work, session_id, options.idempotency_key).last;
  });
}

template <class Policy, class Tracer>
SequenceRange SessionStore<Policy, Tracer>::save_messages(const Context& context, const std::string& session_id,
                                                          std::span<const Message> messages,
                                                          const AppendOptions& options) {
  return gateway_.run(context, Operation::save_messages, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, messages, {}, options.expected_sequence);
    return stores::detail::append(passage, work, session_id, options.idempotency_key);
  });
}

template <class Policy, class Tracer>
SequenceRange SessionStore<Policy, Tracer>::save_turn(const Context& context, const std::string& session_id,
                                                      const Turn& turn, const AppendOptions& options) {
  return gateway_.run(context, Operation::save_turn, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, turn.messages, turn.executions,
                                                     options.expected_sequence);
    return stores::detail::append(passage, work, session_id, options.idempotency_key);
  });
}

template <class Policy, class Tracer>
void SessionStore<Policy, Tracer>::save_tool_execution(const Context& context, const std::string& session_id,
                                                       const ToolExecution& execution, const WriteOptions& options) {
  gateway_.run(context, Operation::save_tool_execution, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, {}, {&execution, 1}, std::nullopt);
    static_cast<void>(stores::detail::append(passage, work, session_id, options.idempotency_key));
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_messages(const Context& context, const std::string& session_id,
                                                          const PageRequest& request) {
  return gateway_.run(context, Operation::load_messages, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const stores::detail::MessagePage query(request);
    return passage.read([&](auto& tx) {
      return [rows = query.run(tx, stores::detail::message_statements<Policy>().list, session_id), &query]() mutable {
        return query.page(rows());
      };
    });
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::visit_messages(const Context& context, const std::string& session_id,
                                                          MessageVisitor visit) {
  return gateway_.run(context, Operation::for_each_message, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    return passage.read([&](auto& tx) {
      return tx.each(stores::detail::message_statements<Policy>().list, visit, tx.user_id(), session_id,
                     std::int64_t{0}, limits::sequence);
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_agent_messages(const Context& context, const std::string& agent_id,
                                                                const PageRequest& request) {
  return gateway_.run(context, Operation::load_agent_messages, [&](auto& passage) {
    validation::check_text("agent_id", agent_id, limits::id);
    const std::int64_t limit = sql::limit_of(request, limits::page);
    const sql::Position from = sql::read_cursor('g', request.cursor, {});
    return passage.read([&](auto& tx) {
      auto rows = tx.all(stores::detail::message_statements<Policy>().list_of_agent, tx.user_id(), agent_id, from.at,
                         limit + 1);
      return [rows = std::move(rows), limit]() mutable { return sql::make_keyed_page('g', rows(), limit); };
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_parent_messages(const Context& context, const std::string& session_id,
                                                                 const PageRequest& request) {
  return gateway_.run(context, Operation::load_parent_messages, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const stores::detail::MessagePage query(request);
    return passage.read([&](auto& tx) {
      return [rows = query.run(tx, stores::detail::message_statements<Policy>().list_of_parent, session_id),
              &query]() mutable { return query.page(rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::search_messages(const Context& context, const MessageSearch& search,
                                                            const PageRequest& request) {
  return gateway_.run(context, Operation::search_messages, [&](auto& passage) {
    const std::string words = Policy::search_query(sql::search_terms(search.query));
    if (search.session_id) { validation::check_id("search.session_id", *search.session_id); }
    if (search.agent_id) { validation::check_text("search.agent_id", *search.agent_id, limits::id); }
    const std::int64_t limit = sql::limit_of(request, 20);
    const std::int64_t offset = sql::read_cursor('f', request.cursor, {}).at;
    if (offset < 0 || offset > limits::sequence) { validation::refuse("page.cursor", "does not come from this list"); }
    return passage.read([&](auto& tx) {
      const auto& statements = stores::detail::message_statements<Policy>();
      auto rows = search.session_id
                      ? tx.all(statements.search_in_session, tx.user_id(), words, *search.session_id, search.agent_id,
                               limit + 1, offset)
                      : tx.all(statements.search, tx.user_id(), words, search.agent_id, limit + 1, offset);
      return [rows = std::move(rows), limit, offset]() mutable {
        return sql::make_page('f', rows(), limit, [&](const Message&) { return sql::Position{offset + limit, {}}; });
      };
    });
  });
}

}  // namespace heddle
