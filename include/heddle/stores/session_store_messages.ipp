// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/operation.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/session_end.hpp"
#include "heddle/sql/split_query.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/stores/detail/found_messages.hpp"
#include "heddle/stores/detail/message_writer.hpp"
#include "heddle/stores/detail/reindexing_plan.hpp"
#include "heddle/stores/detail/search_parts.hpp"
#include "heddle/stores/detail/session_lists.hpp"
#include "heddle/stores/detail/session_statements.hpp"
#include "heddle/stores/detail/window.hpp"
#include "heddle/stores/session_store.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

// The operations of SessionStore on messages: of a session, of an agent, of a parent, and search.
namespace heddle {
namespace stores::detail {

inline constexpr Refusal rewound_away{
    ErrorCode::conflict, "the session",
    "was rewound behind what the first call with this idempotency key wrote: load it and decide again, with another "
    "key"};

/// Appends what `work` writes, as the operation of the passage.
template <class Work, class Passage>
[[nodiscard]] SequenceRange append(Passage& passage, const Work& work, const std::string& session_id,
                                   const AppendOptions& options) {
  const Answer answer = passage.write_once(
      options.idempotency_key, session_id, [&work] { return work.fingerprint(); }, work);
  const SequenceRange range = work.range(answer);
  if (answer.hidden && range.first <= range.last) { throw rewound_away.of(session_id).error(); }
  if constexpr (Passage::counts_messages) {
    if (!answer.repeated) { passage.stored(range.last - range.first + 1); }
  }
  return range;
}

}  // namespace stores::detail

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::save_message(const Context& context, const std::string& session_id,
                                                        const Message& message, const AppendOptions& options) {
  return gateway_.run(context, Operation::save_message, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, {&message, 1}, options);
    return stores::detail::append(passage, work, session_id, options).last;
  });
}

template <class Policy, class Tracer>
SequenceRange SessionStore<Policy, Tracer>::save_messages(const Context& context, const std::string& session_id,
                                                          std::span<const Message> messages,
                                                          const AppendOptions& options) {
  return gateway_.run(context, Operation::save_messages, [&](auto& passage) {
    const stores::detail::MessageWriter<Policy> work(session_id, messages, options);
    return stores::detail::append(passage, work, session_id, options);
  });
}

template <class Policy, class Tracer>
SequenceRange SessionStore<Policy, Tracer>::save_turn(const Context& context, const std::string& session_id,
                                                      const Turn& turn, const AppendOptions& options) {
  return gateway_.run(context, Operation::save_turn, [&](auto& passage) {
    const stores::detail::TurnWriter<Policy> work(session_id, turn.messages, turn.executions, options);
    return stores::detail::append(passage, work, session_id, options);
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_messages(const Context& context, const std::string& session_id,
                                                          const PageRequest& request) {
  return gateway_.run(context, Operation::load_messages, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const stores::detail::MessageList page(sql::Listing::messages_of_session, request, session_id);
    return passage.read([&](auto& tx) {
      const auto& lists = stores::detail::message_lists<Policy>();
      stores::detail::require_branch(tx, lists.same_branch, page, session_id);
      auto rows = tx.page(lists.list, tx.user_id(), session_id, page.after(), page.rows());
      return [rows = std::move(rows), &page]() mutable { return page.of(rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_messages_backwards(const Context& context,
                                                                    const std::string& session_id,
                                                                    const PageRequest& request) {
  return gateway_.run(context, Operation::load_messages_backwards, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const stores::detail::MessageList page(sql::Listing::messages_backwards, request, session_id);
    return passage.read([&](auto& tx) {
      const auto& lists = stores::detail::message_lists<Policy>();
      stores::detail::require_branch(tx, lists.same_branch, page, session_id);
      auto end = tx.one(stores::detail::branch_statements<Policy>().end, tx.user_id(), session_id);
      auto rows = tx.page(lists.window, tx.user_id(), session_id, 1, page.from(),
                          stores::detail::bits_of_roles(std::vector<Role>{}), page.rows());
      return [end = std::move(end), rows = std::move(rows), &page]() mutable {
        return page.of(rows(), sql::session_end::unpacked(end().value_or(0)).branch);
      };
    });
  });
}

template <class Policy, class Tracer>
LoadedWindow SessionStore<Policy, Tracer>::load_messages(const Context& context, const std::string& session_id,
                                                         const MessageWindow& window) {
  return gateway_.run(context, Operation::load_window, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    stores::detail::check_window(window);
    const std::int64_t to = window.to.value_or(limits::sequence);
    const std::int64_t roles = stores::detail::bits_of_roles(window.roles);
    const std::int64_t rows = window.last.value_or(limits::page);
    return passage.read([&](auto& tx) {
      const auto& lists = stores::detail::message_lists<Policy>();
      auto end = tx.one(stores::detail::branch_statements<Policy>().end, tx.user_id(), session_id);
      const auto read = [&](const auto& by_number, const auto& by_tokens) {
        return window.tokens
                   ? tx.page(by_tokens, tx.user_id(), session_id, window.from, to, roles, rows, *window.tokens)
                   : tx.page(by_number, tx.user_id(), session_id, window.from, to, roles, rows);
      };
      auto list = window.folds ? read(lists.folded_window, lists.folded_window_of_tokens)
                               : read(lists.window, lists.window_of_tokens);
      std::optional<decltype(list)> unfolded;
      if constexpr (requires { lists.unfolded_window; }) {
        if (window.folds) { unfolded.emplace(read(lists.unfolded_window, lists.unfolded_window_of_tokens)); }
      }
      return [end = std::move(end), list = std::move(list), unfolded = std::move(unfolded), &window]() mutable {
        LoadedWindow loaded;
        if (const auto number = end()) { loaded.end = sql::session_end::unpacked(*number); }
        std::vector<Message> newest_first = list().rows;
        if (newest_first.empty() && unfolded) { newest_first = (*unfolded)().rows; }
        stores::detail::fill(loaded, window, std::move(newest_first));
        return loaded;
      };
    });
  });
}

template <class Policy, class Tracer>
std::int64_t SessionStore<Policy, Tracer>::visit_messages(const Context& context, const std::string& session_id,
                                                          MessageVisitor visit, std::int64_t from) {
  return gateway_.run(context, Operation::for_each_message, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    validation::check_sequence("from", from);
    const auto call = [&visit](const sql::Keyed<Message>& message) { return visit(message.row); };
    return passage.read([&](auto& tx) {
      return tx.each(stores::detail::message_lists<Policy>().list, call, tx.user_id(), session_id,
                     std::max(from, std::int64_t{1}) - 1, limits::sequence);
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_agent_messages(const Context& context, const std::string& agent_id,
                                                                const PageRequest& request) {
  return gateway_.run(context, Operation::load_agent_messages, [&](auto& passage) {
    validation::check_text("agent_id", agent_id, limits::id);
    const sql::ListPage page(sql::Listing::messages_of_agent, request, limits::page, {}, agent_id);
    return passage.read([&](auto& tx) {
      auto rows = tx.page(stores::detail::message_lists<Policy>().list_of_agent, tx.user_id(), agent_id,
                          page.start().at, page.rows());
      return [rows = std::move(rows), &page]() mutable { return page.of_keyed(rows()); };
    });
  });
}

template <class Policy, class Tracer>
Page<Message> SessionStore<Policy, Tracer>::load_parent_messages(const Context& context, const std::string& session_id,
                                                                 const PageRequest& request) {
  return gateway_.run(context, Operation::load_parent_messages, [&](auto& passage) {
    validation::check_id("session_id", session_id);
    const stores::detail::MessageList page(sql::Listing::messages_of_parent, request, session_id);
    return passage.read([&](auto& tx) {
      const auto& lists = stores::detail::message_lists<Policy>();
      stores::detail::require_branch(tx, lists.same_branch_of_parent, page, session_id);
      auto rows = tx.page(lists.list_of_parent, tx.user_id(), session_id, page.after(), page.rows());
      return [rows = std::move(rows), &page]() mutable { return page.of(rows()); };
    });
  });
}

template <class Policy, class Tracer>
FoundMessages SessionStore<Policy, Tracer>::search_messages(const Context& context, const MessageSearch& search,
                                                            const PageRequest& request) {
  if constexpr (concepts::KeepsWordsInRows<Policy>) { stores::detail::ReindexTimer<Policy, Gateway>::compile(); }
  stores::detail::compile_search_parts<Policy>();
  return gateway_.run(context, Operation::search_messages, [&](auto& passage) {
    stores::detail::check_search(search);
    const bool any = search.match == WordMatch::any;
    const sql::SearchTerms terms =
        sql::search_terms(search.query, any, search.begins_word, stores::detail::bits_of_places(search.where));
    const std::string words = Policy::search_query(terms);
    const sql::ListPage page(sql::Listing::found_messages, request, sql::default_search_limit, {}, search);
    const std::int64_t offset = page.offset();
    const auto find = [&](auto& tx) {
      const auto& searches = stores::detail::message_search<Policy>();
      auto rows =
          tx.page(search.session_id ? searches.search_in_session : searches.search, tx.user_id(), words,
                  search.session_id, search.agent_id, stores::detail::bits_of_roles(search.roles), search.from,
                  search.before, search.order == SearchOrder::newest, any, search_candidates_, page.rows(), offset);
      return [rows = std::move(rows), &page, &terms]() mutable {
        return stores::detail::found_messages(page.of_offset(rows()), terms);
      };
    };
    if constexpr (requires { stores::detail::message_lists<Policy>().many_queued; }) {
      // Nothing is found if so many messages wait for the index that they have to be indexed before.
      std::optional<FoundMessages> found = passage.read([&](auto& tx) {
        std::optional<decltype(find(tx))> rows;
        if (!tx.one(stores::detail::message_lists<Policy>().many_queued, tx.user_id())()) { rows.emplace(find(tx)); }
        return [rows = std::move(rows)]() mutable { return rows ? std::optional((*rows)()) : std::nullopt; };
      });
      if (found) { return std::move(*found); }
      passage.ask_engine([](auto& engine, const Call& call) {
        if constexpr (requires { engine.catch_up(call); }) { engine.catch_up(call); }
      });
    }
    return passage.read(find);
  });
}

}  // namespace heddle
