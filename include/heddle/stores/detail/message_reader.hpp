// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/search.hpp"
#include "heddle/options.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/search_query.hpp"
#include "heddle/sql/statement.hpp"

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// The reading half of a SessionStore: messages of a session, of an agent, of a parent, and search.
template <class Policy, class Tracer>
class MessageReader {
 public:
  using Gateway = heddle::detail::calls::Gateway<Policy, Tracer>;

  explicit MessageReader(Gateway& gateway) : gateway_(gateway) {}

  /// A session's messages in order; an empty page if there is no such session.
  [[nodiscard]] Page<Message> load_messages(const Context& context, const std::string& session_id,
                                            const PageRequest& request = {}) {
    validation::check_id("session_id", session_id);
    const auto query = session_page(request);
    return gateway_.read(context, "load_messages", [&](auto& tx) {
      return [rows = query.run(tx, dialect().list, session_id), &query]() mutable { return query.page(rows()); };
    });
  }

  /// Calls `visit(const Message&)` for each message of a session in order, row by row; answers how many there were.
  template <class Visit>
  std::int64_t for_each_message(const Context& context, const std::string& session_id, Visit&& visit) {
    validation::check_id("session_id", session_id);
    return gateway_.read(context, "for_each_message", [&](auto& tx) {
      return tx.each(dialect().list, visit, tx.user_id(), session_id, std::int64_t{0}, limits::sequence);
    });
  }

  /// The messages of all sessions of an agent, and what the parents of these sessions let their children see. Sessions
  /// in the order of their creation, messages in the order of their session.
  [[nodiscard]] Page<Message> load_agent_messages(const Context& context, const std::string& agent_id,
                                                  const PageRequest& request = {}) {
    validation::check_text("agent_id", agent_id, limits::id);
    const std::int64_t limit = sql::limit_of(request, limits::page);
    const sql::Position from = sql::read_cursor('g', request.cursor, {});
    return gateway_.read(context, "load_agent_messages", [&](auto& tx) {
      return [rows = tx.all(dialect().list_of_agent, tx.user_id(), agent_id, from.at, limit + 1), limit]() mutable {
        return sql::make_keyed_page('g', rows(), limit);
      };
    });
  }

  /// What the parent of a session lets its children see: its coordinator and shared messages, in order.
  [[nodiscard]] Page<Message> load_parent_messages(const Context& context, const std::string& session_id,
                                                   const PageRequest& request = {}) {
    validation::check_id("session_id", session_id);
    const auto query = session_page(request);
    return gateway_.read(context, "load_parent_messages", [&](auto& tx) {
      return
          [rows = query.run(tx, dialect().list_of_parent, session_id), &query]() mutable { return query.page(rows()); };
    });
  }

  /// Messages that match, best first; 20 if the request names no limit.
  [[nodiscard]] Page<Message> search_messages(const Context& context, const MessageSearch& search,
                                              const PageRequest& request = {}) {
    const std::string words = Policy::search_query(sql::search_terms(search.query));
    if (search.session_id) { validation::check_id("search.session_id", *search.session_id); }
    if (search.agent_id) { validation::check_text("search.agent_id", *search.agent_id, limits::id); }
    const std::int64_t limit = sql::limit_of(request, 20);
    const std::int64_t offset = sql::read_cursor('f', request.cursor, {}).at;
    if (offset < 0 || offset > limits::sequence) { validation::refuse("page.cursor", "does not come from this list"); }
    const auto page = [&](std::vector<Message> rows) {
      return sql::make_page('f', std::move(rows), limit, [&](const Message&) {
        return sql::Position{offset + limit, {}};
      });
    };
    return gateway_.read(context, "search_messages", [&](auto& tx) {
      auto rows = search.session_id ? tx.all(dialect().search_in_session, tx.user_id(), words, *search.session_id,
                                             search.agent_id, limit + 1, offset)
                                    : tx.all(dialect().search, tx.user_id(), words, search.agent_id, limit + 1, offset);
      return [rows = std::move(rows), &page]() mutable { return page(rows()); };
    });
  }

 protected:
  /// A page of one session's messages, by their sequence.
  class SessionPage {
   public:
    explicit SessionPage(const PageRequest& request)
        : limit_(sql::limit_of(request, limits::page)), after_(sql::read_cursor('m', request.cursor, {}).at) {
      // A sequence beyond its bounds would reach into the keys of another session.
      if (after_ < 0 || after_ > limits::sequence) {
        validation::refuse("page.cursor", "does not come from this list");
      }
    }

    template <class Transaction, class Statement>
    auto run(Transaction& tx, const Statement& statement, const std::string& session_id) const {
      return tx.all(statement, tx.user_id(), session_id, after_, limit_ + 1);
    }
    [[nodiscard]] Page<Message> page(std::vector<Message> rows) const {
      return sql::make_page('m', std::move(rows), limit_, [](const Message& last) {
        return sql::Position{last.sequence, {}};
      });
    }

   private:
    std::int64_t limit_;
    std::int64_t after_;
  };

  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Messages>(); }
  static SessionPage session_page(const PageRequest& request) { return SessionPage(request); }

  Gateway& gateway_;
};

}  // namespace heddle::stores::detail
