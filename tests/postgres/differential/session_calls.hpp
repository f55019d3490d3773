#pragma once

#include "postgres/differential/calls.hpp"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace differential {

/// Random calls of SessionStorage.
class SessionCalls : public Calls {
 public:
  using Calls::Calls;

  void sessions() {
    switch (random_.number(29)) {
      case 0:
      case 1:
      case 2: return random_.one_in(2) ? save_session() : update_session();
      case 3: return load_session();
      case 4: return list_sessions();
      case 5: return random_.one_in(3) ? delete_session() : ensure_session();
      case 6:
      case 7:
      case 8:
      case 9: return save_messages();
      case 10: return load_messages();
      case 11: return of_others();
      case 12:
      case 13:
      case 14: return search();
      case 15: return save_execution();
      case 16: return list_executions();
      case 17:
      case 18: return save_snapshot();
      case 19: return load_snapshots();
      case 20: return purge_keys();
      case 21: return random_.one_in(2) ? statistics() : usage();
      case 22: return fork_session();
      case 23: return change_branch();
      case 24: return load_window();
      case 25: return find_sessions();
      case 26: return fold_messages();
      default: return repeat_an_earlier_write();
    }
  }

 protected:
  std::string session_id() { return random_.id("s"); }
  std::optional<std::string> maybe_session() { return random_.one_in(2) ? std::optional(session_id()) : std::nullopt; }
  std::string agent_id() { return random_.one_in(8) ? std::string() : random_.id("agent"); }

  /// Returns a query with words of a stored text, perhaps with others.
  std::string query() {
    const std::string& text = texts_.empty() ? none_ : random_.one_of(texts_);
    std::string query;
    for (std::size_t terms = 1 + random_.number(3); terms-- > 0;) {
      std::string part = text.empty() || random_.one_in(12) ? random_.words(2) : part_of(text);
      if (random_.one_in(2)) { part = "\"" + part + (random_.one_in(5) ? "" : "\""); }
      query += part + (random_.one_in(10) ? "" : " ");
    }
    return random_.one_in(30) ? random_.nasty() : query;
  }
  void remember_text(const std::string& text) {
    if (text.empty()) { return; }
    if (texts_.size() < 30) {
      texts_.push_back(text);
    } else {
      texts_[random_.number(texts_.size())] = text;
    }
  }

  heddle::Message message() {
    auto message = random_.record<heddle::Message>();
    if (random_.one_in(2)) { message.parts.clear(); }
    message.model = random_.one_in(3) ? std::string() : random_.id("model");
    remember_text(message.parts.empty() ? message.content : message.parts.front().text);
    return message;
  }

 private:
  /// Returns a few words in their order; sometimes only parts of the first and the last one.
  std::string part_of(const std::string& text) {
    const bool whole = !random_.one_in(8);
    const auto begins = [&](std::size_t at) {
      if (at == 0 || at >= text.size()) { return true; }
      return whole ? text[at - 1] == ' ' : (static_cast<unsigned char>(text[at]) & 0xC0U) != 0x80U;
    };
    std::size_t from = random_.number(text.size());
    while (!begins(from)) { --from; }
    std::size_t to = std::min(text.size(), from + 1 + random_.number(30));
    while (!begins(to)) { ++to; }
    return text.substr(from, to - from);
  }

  heddle::Session session() {
    auto session = random_.record<heddle::Session>();
    session.id = session_id();
    session.agent_id = agent_id();
    if (session.parent_session_id) { session.parent_session_id = session_id(); }
    session.revision = random_.revision();
    return session;
  }

  void save_session() {
    const auto session = this->session();
    // Most sessions exist: a new one with such an id is a conflict, a loaded one is not.
    const bool loaded = random_.one_in(2);
    const auto save = [session, loaded, context = context()](auto& side, const Options& options) {
      auto& store = side.backend.session_storage();
      auto own = session;
      if (loaded) {
        const auto stored = store.load_session(context, own.id, {.limit = 1});
        own.revision = stored ? stored->revision : 0;
      }
      return shown(side, store.save_session(context, own, options));
    };
    write("save_session", save);
    if (random_.one_in(4)) { write("save_session, again", save); }
  }

  void ensure_session() {
    write("ensure_session", [session = session(), context = context()](auto& side, const Options& options) {
      return shown(side, side.backend.session_storage().ensure_session(context, session, options));
    });
  }

  void update_session() {
    auto patch = random_.record<heddle::SessionPatch>();
    if (patch.agent_id) { patch.agent_id = agent_id(); }
    if (patch.parent_session_id) { patch.parent_session_id = random_.one_in(3) ? std::string() : session_id(); }
    patch.revision = random_.revision();
    write("update_session", [patch, id = session_id(), context = context()](auto& side, const Options& options) {
      return shown(side, side.backend.session_storage().update_session(context, id, patch, options));
    });
  }

  void load_session() {
    const heddle::PageRequest request{.limit = static_cast<std::int64_t>(random_.number(4))};
    call("load_session", [&, context = context(), id = session_id()](auto& side) {
      return shown(side, side.backend.session_storage().load_session(context, id, request));
    });
  }

  void list_sessions() {
    const auto context = this->context();
    if (random_.one_in(2)) {
      return read_list("list_sessions", [&](auto& side, const auto& page) {
        return side.backend.session_storage().list_sessions(context, page);
      });
    }
    read_list("list_agent_sessions", [&, agent = agent_id()](auto& side, const auto& page) {
      return side.backend.session_storage().list_agent_sessions(context, agent, page);
    });
  }

  void delete_session() {
    write("delete_session", [context = context(), id = session_id()](auto& side, const Options& options) {
      return shown(side, side.backend.session_storage().delete_session(context, id, options));
    });
  }

  void save_messages() {
    heddle::Turn turn;
    for (std::size_t count = random_.number(4); count-- > 0;) { turn.messages.push_back(message()); }
    AppendOptions options;
    if (random_.one_in(4)) { options.idempotency_key = random_.id("key"); }
    if (random_.one_in(4)) {
      options.expected_sequence =
          random_.one_in(10) ? random_.any_integer() : static_cast<std::int64_t>(random_.number(6));
    }
    const auto context = this->context();
    const auto id = session_id();
    switch (random_.number(3)) {
      case 0:
        return write_with("save_message", options, [=, one = message()](auto& side, const AppendOptions& with) {
          return shown(side, side.backend.session_storage().save_message(context, id, one, with));
        });
      case 1:
        return write_with("save_messages", options, [=](auto& side, const AppendOptions& with) {
          return shown(side, side.backend.session_storage().save_messages(context, id, turn.messages, with));
        });
      default: break;
    }
    random_.fill("executions", turn.executions);
    write_with("save_turn", options, [=](auto& side, const AppendOptions& with) {
      return shown(side, side.backend.session_storage().save_turn(context, id, turn, with));
    });
  }

  void fork_session() {
    auto session = this->session();
    session.revision = 0;
    write("fork_session", [session, source = session_id(), at = small_number(), context = context()](
                              auto& side, const Options& options) {
      return shown(side, side.backend.session_storage().fork_session(context, source, at, session, options));
    });
  }

  void change_branch() {
    const auto context = this->context();
    const auto id = session_id();
    AppendOptions options;
    if (random_.one_in(4)) { options.idempotency_key = random_.id("key"); }
    if (random_.one_in(4)) { options.expected = heddle::SessionEnd{1 + small_number(), small_number()}; }
    switch (random_.number(3)) {
      case 0:
        return write_with("rewind_session", options, [=, to = small_number()](auto& side, const AppendOptions& with) {
          return shown(side, side.backend.session_storage().rewind_session(context, id, to, with));
        });
      case 1:
        return write_with("restore_branch", options, [=, at = small_number()](auto& side, const AppendOptions& with) {
          return shown(side, side.backend.session_storage().restore_branch(context, id, at, with));
        });
      default:
        return read_list("list_branches", [&](auto& side, const auto& page) {
          return side.backend.session_storage().list_branches(context, id, page);
        });
    }
  }

  void fold_messages() {
    auto snapshot = random_.record<heddle::MemorySnapshot>();
    snapshot.session_id = session_id();
    snapshot.snapshot_type = type();
    snapshot.id = random_.one_in(4) ? std::string() : random_.id("n");
    if (snapshot.id.empty()) { snapshot.created_at = {}; }
    if (!random_.one_in(8)) { snapshot.token_count = small_number(); }
    const heddle::SequenceRange range{small_number(), small_number()};
    AppendOptions options;
    if (random_.one_in(4)) { options.idempotency_key = random_.id("key"); }
    write_with("fold_messages", options, [=, context = context()](auto& side, const AppendOptions& with) {
      return answer(side,
                    side.backend.session_storage().fold_messages(context, snapshot.session_id, range, snapshot, with),
                    snapshot.id.empty());
    });
  }

  void load_window() {
    heddle::MessageWindow window{.whole_exchanges = random_.one_in(2), .folds = !random_.one_in(4)};
    if (random_.one_in(2)) { window.last = 1 + small_number(); }
    if (random_.one_in(2)) { window.tokens = random_.one_in(3) ? random_.any_integer() : 100 * small_number(); }
    if (random_.one_in(4)) { window.from = small_number(); }
    if (random_.one_in(4)) { window.to = small_number(); }
    if (random_.one_in(4)) { window.roles = {heddle::Role::assistant, heddle::Role::user}; }
    call("load_messages of a window", [&, context = context(), id = session_id()](auto& side) {
      const auto loaded = side.backend.session_storage().load_messages(context, id, window);
      return shown(side, loaded.messages) + shown(side, loaded.end) + std::to_string(loaded.left_out_messages) + " " +
             std::to_string(loaded.left_out_tokens) + (loaded.newest_is_too_large ? " too large" : "");
    });
  }

  void find_sessions() {
    heddle::SessionFilter filter{.oldest_first = random_.one_in(2)};
    if (random_.one_in(3)) { filter.agent_id = agent_id(); }
    if (random_.one_in(3)) { filter.parent_session_id = session_id(); }
    if (random_.one_in(4)) { filter.name_contains = random_.words(1); }
    if (random_.one_in(4)) { filter.context = "{\"a\":" + random_.integer() + "}"; }
    read_list("find_sessions", [&, context = context()](auto& side, const auto& page) {
      return side.backend.session_storage().find_sessions(context, filter, page);
    });
  }

  std::int64_t small_number() { return static_cast<std::int64_t>(random_.number(8)); }

  void load_messages() {
    const auto context = this->context();
    const auto id = session_id();
    if (random_.one_in(2)) {
      return read_list("load_messages", [&](auto& side, const auto& page) {
        return side.backend.session_storage().load_messages(context, id, page);
      });
    }
    call("for_each_message", [&](auto& side) {
      std::string text;
      const auto count = side.backend.session_storage().for_each_message(
          context, id, [&](const heddle::Message& each) { text += shown(side, each) + "\n"; });
      return text + std::to_string(count);
    });
  }

  void of_others() {
    const auto context = this->context();
    if (random_.one_in(2)) {
      return read_list("load_agent_messages", [&, agent = agent_id()](auto& side, const auto& page) {
        return side.backend.session_storage().load_agent_messages(context, agent, page);
      });
    }
    read_list("load_parent_messages", [&, id = session_id()](auto& side, const auto& page) {
      return side.backend.session_storage().load_parent_messages(context, id, page);
    });
  }

  void search() {
    heddle::MessageSearch search = random_.search(query());
    if (random_.one_in(3)) { search.session_id = session_id(); }
    if (random_.one_in(3)) { search.agent_id = agent_id(); }
    const auto context = this->context();
    read_list(
        "search_messages for " + search.query,
        [&](auto& side, const auto& page) {
          return side.backend.session_storage().search_messages(context, search, page);
        },
        search.order == heddle::SearchOrder::best);
  }

  void save_execution() {
    write("save_tool_execution",
          [context = context(), id = session_id(), execution = random_.record<heddle::ToolExecution>()](
              auto& side, const Options& options) {
            side.backend.session_storage().save_tool_execution(context, id, execution, options);
            return std::string("done");
          });
  }

  void list_executions() {
    read_list("list_tool_executions", [context = context(), id = session_id()](auto& side, const auto& page) {
      return side.backend.session_storage().list_tool_executions(context, id, page);
    });
  }

  void save_snapshot() {
    auto snapshot = random_.record<heddle::MemorySnapshot>();
    snapshot.session_id = session_id();
    snapshot.snapshot_type = type();
    snapshot.id = random_.one_in(4) ? std::string() : random_.id("n");
    // The order of two generated ids with the same time is random.
    if (snapshot.id.empty()) { snapshot.created_at = {}; }
    write("save_snapshot", [snapshot, context = context()](auto& side, const Options& options) {
      return answer(side, side.backend.session_storage().save_snapshot(context, snapshot, options),
                    snapshot.id.empty());
    });
  }

  void load_snapshots() {
    read_list("load_snapshots", [context = context(), id = session_id(), type = type()](auto& side, const auto& page) {
      return side.backend.session_storage().load_snapshots(context, id, type, page);
    });
  }
  std::string type() { return random_.one_in(20) ? random_.nasty() : std::to_string(random_.number(2)); }

  void purge_keys() {
    const auto before = random_.one_in(2) ? random_.any_time() : heddle::Timestamp::max();
    call("purge_idempotency_keys", [before, context = context()](auto& side) {
      return shown(side, side.backend.session_storage().purge_idempotency_keys(context, before));
    });
  }

  void statistics() {
    call("statistics", [context = context(), first = std::optional<double>()](auto& side) mutable {
      auto statistics = side.backend.session_storage().statistics(context);
      // The order of summation, and so the last digits, differ between databases.
      if (!first) {
        first = statistics.total_cost_usd;
      } else if (std::abs(*first - statistics.total_cost_usd) < 1.0) {
        statistics.total_cost_usd = *first;
      }
      return shown(side, statistics);
    });
  }

  void usage() {
    const heddle::UsageQuery query{.by_session = random_.one_in(2),
                                   .by_agent = random_.one_in(2),
                                   .by_model = random_.one_in(2),
                                   .by_day = random_.one_in(2),
                                   .session_id = maybe_session()};
    read_list("usage", [=, context = context()](auto& side, const auto& page) {
      auto sums = side.backend.session_storage().usage(context, query, page);
      for (auto& sum : sums.items) { sum.cost_usd = 0; }  // see statistics
      return sums;
    });
  }

  const std::string none_{};
  std::vector<std::string> texts_{};
};

}  // namespace differential
