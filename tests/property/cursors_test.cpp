#include "heddle/sqlite.hpp"
#include "property/generator.hpp"
#include "support/crafted_cursor.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Crafted cursors are refused, or lead to another place of the same list, never outside of it.
namespace {

using heddle::Context;
using heddle::Message;
using heddle::PageRequest;

using Backend = heddle::Backend<heddle::Sqlite>;

/// A list with cursors: returns whether all items of a page belong to the tenant, and the next cursor.
struct List {
  std::string name;
  bool (*is_own)(Backend&, const Context&, const PageRequest&, std::string& next);
};

template <class Page, class IsOwn>
bool look(const Page& page, std::string& next, IsOwn is_own) {
  next = page.next;
  return std::all_of(page.items.begin(), page.items.end(), is_own);
}

/// The mark in every row of the tenant "mine".
constexpr auto* mine = "mine";
constexpr auto* theirs = "theirs";

const std::vector<List>& lists() {
  using B = Backend;
  using C = Context;
  using P = PageRequest;
  static const std::vector<List> all{
      {"load_messages",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().load_messages(c, "second", p), next,
                     [](const Message& m) { return m.agent_id == mine && m.session_id == "second"; });
       }},
      {"load_session",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().load_session(c, "second", p)->messages, next,
                     [](const Message& m) { return m.agent_id == mine && m.session_id == "second"; });
       }},
      {"load_parent_messages",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().load_parent_messages(c, "second", p), next,
                     [](const Message& m) { return m.agent_id == mine && m.session_id == "first"; });
       }},
      {"load_agent_messages",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().load_agent_messages(c, "agent", p), next,
                     [](const Message& m) { return m.agent_id == mine; });
       }},
      {"search_messages",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().search_messages(c, {.query = "word"}, p), next,
                     [](const Message& m) { return m.agent_id == mine; });
       }},
      {"search_messages in a session",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().search_messages(c, {.query = "word", .session_id = "third"}, p), next,
                     [](const Message& m) { return m.agent_id == mine && m.session_id == "third"; });
       }},
      {"list_sessions",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().list_sessions(c, p), next,
                     [](const std::string& id) { return id != "theirs alone"; });
       }},
      {"list_agent_sessions",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().list_agent_sessions(c, "agent", p), next,
                     [](const std::string& id) { return id != "theirs alone"; });
       }},
      {"list_tool_executions",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().list_tool_executions(c, "third", p), next,
                     [](const heddle::ToolExecution& e) { return e.tool_name == mine && e.session_id == "third"; });
       }},
      {"load_snapshots",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.session_storage().load_snapshots(c, "first", "type", p), next,
                     [](const heddle::MemorySnapshot& s) { return s.content == mine && s.session_id == "first"; });
       }},
      {"errors",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.error_store().list(c, {}, p), next,
                     [](const heddle::StoredError& e) { return e.tool_name == mine; });
       }},
      {"errors of a session",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.error_store().list(c, {.session_id = "second"}, p), next,
                     [](const heddle::StoredError& e) { return e.tool_name == mine && e.session_id == "second"; });
       }},
      {"artifacts",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.artifact_store().list(c, {}, p), next, [](const heddle::Artifact& a) { return a.name == mine; });
       }},
      {"artifacts of a session",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.artifact_store().list(c, {.session_id = "first"}, p), next,
                     [](const heddle::Artifact& a) { return a.name == mine && a.session_id == "first"; });
       }},
      {"search of artifacts",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.artifact_store().search(c, {.query = "shared"}, p), next,
                     [](const heddle::Artifact& a) { return a.name == mine; });
       }},
      {"pending requests",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.human_request_store().list_pending(c, p), next,
                     [](const heddle::HumanRequest& r) { return r.question == mine; });
       }},
      {"requests of a session",
       [](B& b, const C& c, const P& p, std::string& next) {
         return look(b.human_request_store().list_by_session(c, "second", p), next,
                     [](const heddle::HumanRequest& r) { return r.question == mine && r.session_id == "second"; });
       }},
  };
  return all;
}

void add_rows(Backend& backend, const std::string& user, const std::string& id) {
  const Context context = Context::for_user(user);
  auto& store = backend.session_storage();
  heddle::Session session;
  session.id = id;
  session.agent_id = "agent";
  if (id != "first") { session.parent_session_id = "first"; }
  store.save_session(context, session);
  for (int number = 0; number < 4; ++number) {
    heddle::Turn turn;
    turn.messages.push_back(
        {.content = "word of " + user, .session_context = heddle::SessionContext::shared, .agent_id = user});
    turn.executions.push_back({.tool_name = user});
    store.save_turn(context, id, turn);
    store.save_snapshot(context, {.session_id = id, .snapshot_type = "type", .content = user});
    backend.error_store().store(context, {.session_id = id, .tool_name = user, .raw_error = "e"});
    backend.artifact_store().index(context, {.name = user, .purpose = "shared", .session_id = id});
    backend.human_request_store().store(context, {.session_id = id, .question = user});
  }
}

}  // namespace

TEST_CASE("crafted cursors show nothing of another session or tenant") {
  const std::int64_t cursors = support::size_of_run(2'000, 30'000);
  MESSAGE("seed " << property::seed());
  property::Generator random(property::seed());
  Backend backend({.path = ":memory:"});
  backend.migrate();
  // The sessions of both tenants are interleaved.
  for (const char* const user : {theirs, mine, theirs, mine, theirs}) {
    for (const char* const id : {"first", "second", "third"}) { add_rows(backend, user, id); }
  }
  add_rows(backend, theirs, "theirs alone");

  // Real cursors of both tenants as a starting point.
  std::vector<std::vector<std::string>> real;
  for (const List& list : lists()) {
    CAPTURE(list.name);
    auto& cursors_of_list = real.emplace_back();
    for (const char* const user : {mine, theirs}) {
      std::string next;
      const bool is_own = list.is_own(backend, Context::for_user(user), {.limit = 2}, next);
      // The check works: it recognises the rows of the other tenant.
      CHECK((is_own || user == theirs));
      REQUIRE_FALSE(next.empty());
      cursors_of_list.push_back(next);
    }
  }
  const std::vector<std::string> numbers{"-1",
                                         "0",
                                         "16777215",
                                         "16777216",
                                         "33554432",
                                         "4294967296",
                                         "9223372036854775807",
                                         "-9223372036854775808",
                                         "99999999999999999999"};
  int accepted = 0;
  for (std::int64_t number = 0; number < cursors; ++number) {
    const std::size_t index = random.number(lists().size());
    std::string cursor = random.one_of(random.one_in(8) ? random.one_of(real) : real[index]);
    switch (random.number(6)) {
      case 0: cursor = random.nasty(); break;
      case 1:
      case 2:
        cursor =
            support::with_position(cursor, random.one_of(numbers) + "." + (random.one_in(2) ? random.nasty() : ""));
        break;
      case 3: cursor[random.number(cursor.size())] = static_cast<char>(random.number(256)); break;
      case 4: cursor.insert(random.number(cursor.size() + 1), random.one_of(numbers)); break;
      default: break;
    }
    try {
      std::string next;
      if (!lists()[index].is_own(backend, Context::for_user(mine), {.limit = 3, .cursor = cursor}, next)) {
        FAIL_CHECK(lists()[index].name << " {" << cursor << "}: foreign rows");
      }
      ++accepted;
    } catch (const heddle::Error& error) {
      // A position in messages has a branch in its upper half, which the session does not have.
      const bool of_branch = error.code() == heddle::ErrorCode::conflict &&
                             std::string_view(error.what()).find("was rewound") != std::string_view::npos;
      if (error.code() != heddle::ErrorCode::invalid_argument && !of_branch) {
        FAIL_CHECK(lists()[index].name << " {" << cursor << "}: " << std::string(error.what()));
      }
    }
  }
  MESSAGE(accepted << " of " << cursors << " cursors were accepted");
  CHECK(accepted > cursors / 5);
}
