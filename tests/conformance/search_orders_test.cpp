#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;

// Which messages a search considers, and in which order it returns them.
namespace {

using Texts = std::vector<std::string>;

Timestamp at(int second) { return Timestamp{std::chrono::seconds(1'700'000'000 + second)}; }

/// Stores sessions of two agents with forks and a rewind, in which 157 messages have the word "word". There are more
/// than SQLite reads in one scan for a few.
template <class Backend>
void write_sessions(Backend& backend) {
  auto& store = backend.session_storage();
  int number = 0;
  const auto say = [&](const std::string& session, int count) {
    std::vector<Message> messages;
    for (; count > 0; --count) {
      messages.push_back(
          says((number % 4 == 3 ? "other " : "word ") + std::to_string(number), static_cast<Role>(number % 3)));
      messages.back().timestamp = at(number++);
    }
    store.save_messages(alice, session, messages);
  };
  for (const char* id : {"a", "b", "c", "d"}) { add_session(backend, alice, id, *id < 'c' ? "first" : "second"); }
  for (const char* id : {"a", "b", "c", "d", "a", "b"}) { say(id, 32); }
  store.fork_session(alice, "a", 41, {.id = "fork", .agent_id = "second"});
  say("fork", 20);
  store.rewind_session(alice, "a", 20);
  say("a", 12);
  store.fork_session(alice, "fork", 47, {.id = "second fork", .agent_id = "first"});
  say("c", 8);
  add_session(backend, bob, "a", "first");
  store.save_message(bob, "a", says("word of bob"));
}

/// Returns messages that a search has found in the order of the lists of sessions and messages, each in the session in
/// which it is found.
template <class Store>
Texts in_order_of_lists(Store& store, const std::vector<FoundMessage>& found) {
  std::map<std::string, std::string> sessions;
  for (const auto& message : found) { sessions[message.content] = message.session_id; }
  Texts list;
  for (const std::string& id : store.list_sessions(alice).items) {
    for (const Message& message : store.load_messages_backwards(alice, id).items) {
      const auto session = sessions.find(message.content);
      if (session != sessions.end() && session->second == id) { list.push_back(message.content); }
    }
  }
  return list;
}

template <class Store>
Texts all_found(Store& store, const MessageSearch& search, std::int64_t limit) {
  return texts(all_pages(limit, [&](const PageRequest& page) { return store.search_messages(alice, search, page); }));
}

/// What restricts a search.
std::vector<MessageSearch> restrictions() {
  return {{},
          {.agent_id = "first"},
          {.agent_id = "second"},
          {.session_id = "fork"},
          {.session_id = "a"},
          {.roles = {Role::user}},
          {.roles = {Role::system, Role::assistant}},
          {.from = at(40)},
          {.before = at(70)},
          {.agent_id = "second", .roles = {Role::user, Role::system}, .from = at(20), .before = at(170)},
          {.session_id = "fork", .roles = {Role::assistant}, .from = at(1)}};
}

}  // namespace

CONFORMANCE_TEST("the newest matches come first, session by session") {
  for (const std::int64_t candidates : {1, 10'000}) {
    CAPTURE(candidates);
    Subject subject({.search_candidates = candidates});
    auto& store = subject.backend().session_storage();
    write_sessions(subject.backend());
    for (MessageSearch search : restrictions()) {
      search.query = "word";
      search.order = SearchOrder::newest;
      const auto page = store.search_messages(alice, search, {.limit = 1000});
      // How many are ranked is no matter.
      CHECK(page.considered_all);
      for (const auto& message : page.items) { CHECK(message.score == 0); }
      const Texts expected = texts(page.items);
      if (!search.session_id) { CHECK(in_order_of_lists(store, page.items) == expected); }
      for (const std::int64_t limit : {7, 50}) { CHECK(all_found(store, search, limit) == expected); }
    }
    CHECK(all_found(store, {.query = "word", .order = SearchOrder::newest}, 1000).size() == 157);
  }
}

CONFORMANCE_TEST("roles and times restrict a search") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  int second = 0;
  for (const Role role : {Role::system, Role::user, Role::assistant, Role::tool}) {
    Message message = says("word by " + std::string(to_string(role)), role);
    message.timestamp = at(second++);
    store.save_message(alice, "s", message);
  }
  for (const SearchOrder order : {SearchOrder::best, SearchOrder::newest}) {
    const auto found = [&](MessageSearch search) {
      search.query = "word";
      search.order = order;
      const auto list = texts(store.search_messages(alice, search).items);
      search.session_id = "s";
      const auto in_session = texts(store.search_messages(alice, search).items);
      const std::set<std::string> all(list.begin(), list.end());
      CHECK(all == std::set<std::string>(in_session.begin(), in_session.end()));
      return all;
    };
    using Set = std::set<std::string>;
    CHECK(found({}).size() == 4);
    CHECK(found({.roles = {Role::tool}}) == Set{"word by tool"});
    CHECK(found({.roles = {Role::user, Role::assistant, Role::user}}) == Set{"word by assistant", "word by user"});
    CHECK(found({.from = at(2)}) == Set{"word by assistant", "word by tool"});
    CHECK(found({.before = at(2)}) == Set{"word by system", "word by user"});
    CHECK(found({.from = at(1), .before = at(2)}) == Set{"word by user"});
    CHECK(found({.from = at(2), .before = at(2)}).empty());
    CHECK(found({.roles = {Role::user}, .from = at(2)}).empty());
  }
}

CONFORMANCE_TEST("the best of as many matches as are configured are returned, of the newest") {
  for (const std::int64_t candidates : {1, 10, 50, 156, 157, 10'000}) {
    CAPTURE(candidates);
    Subject subject({.search_candidates = candidates});
    auto& store = subject.backend().session_storage();
    write_sessions(subject.backend());
    for (MessageSearch search : restrictions()) {
      search.query = "word";
      search.order = SearchOrder::newest;
      Texts expected = all_found(store, search, 1000);
      const bool is_all = expected.size() <= static_cast<std::size_t>(candidates);
      expected.resize(std::min(expected.size(), static_cast<std::size_t>(candidates)));
      std::sort(expected.begin(), expected.end());
      search.order = SearchOrder::best;
      for (const std::int64_t limit : {30, 1000}) {
        Texts found = all_found(store, search, limit);
        std::sort(found.begin(), found.end());
        CHECK(found == expected);
      }
      const auto page = store.search_messages(alice, search);
      CHECK(page.considered_all == is_all);
      for (const auto& message : page.items) { CHECK(message.score > 0); }
    }
    CHECK(store.search_messages(alice, {.query = "nothing"}).considered_all);
  }
}

CONFORMANCE_TEST("the best are of the newest, in whatever order sessions were made and updated") {
  constexpr int sessions = 24;
  const auto write = [](auto& backend) {
    auto& store = backend.session_storage();
    const auto id = [](int number) { return std::to_string(number % sessions); };
    for (int number = 0; number < sessions; ++number) { add_session(backend, alice, id(number), "agent"); }
    // Each session is saved to ten times, each time in another order of sessions; some have the word rarely. Of their
    // ranks many are different, and many the same.
    for (int number = 0; number < 10 * sessions; ++number) {
      const bool has = number % sessions % 3 != 0 || number % 5 == 0;
      std::string text = has ? "word" : "other";
      for (int more = 0; more < number % 7; ++more) { text += more % 3 == number % 4 ? " word other" : " filler"; }
      store.save_message(alice, id(number * 7 + number / sessions), says(text));
    }
    store.fork_session(alice, "1", 8, {.id = "fork", .agent_id = "agent"});
    store.save_message(alice, "fork", says("word"));
    store.delete_session(alice, "1");
    store.delete_session(alice, "5");
    store.redact_messages(alice, "2", {1, 4}, "test");
  };
  const auto found = [](auto& backend, const MessageSearch& search) {
    std::vector<std::pair<std::string, double>> keys;
    for (const auto& each : backend.session_storage().search_messages(alice, search, {.limit = 1000}).items) {
      keys.emplace_back(each.session_id + ":" + std::to_string(each.sequence), each.score);
    }
    return keys;
  };
  // Where all are ranked.
  Subject whole;
  write(whole.backend());
  for (const std::int64_t candidates : {5, 40, 200}) {
    CAPTURE(candidates);
    Subject subject({.search_candidates = candidates});
    write(subject.backend());
    for (const char* const query : {"word", "other", "word other"}) {
      CAPTURE(query);
      std::set<std::string> newest;
      for (const auto& each : found(subject.backend(), {.query = query, .order = SearchOrder::newest})) {
        if (newest.size() < static_cast<std::size_t>(candidates)) { newest.insert(each.first); }
      }
      auto expected = found(whole.backend(), {.query = query});
      std::set<double> scores;
      for (const auto& each : expected) { scores.insert(each.second); }
      CHECK(scores.size() > 5);
      CHECK(scores.size() < expected.size());
      expected.erase(std::remove_if(expected.begin(), expected.end(),
                                    [&newest](const auto& each) { return newest.count(each.first) == 0; }),
                     expected.end());
      CHECK(expected.size() == newest.size());
      // The order and the scores are those of a search that ranks all.
      CHECK((found(subject.backend(), {.query = query}) == expected));
    }
  }
}

CONFORMANCE_TEST("a session of any size is searched alike") {
  // Of more than 1,000 messages, PostgreSQL does not read all.
  Subject subject({.search_candidates = 30});
  auto& store = subject.backend().session_storage();
  for (const int size : {999, 1000, 1001, 1002}) {
    CAPTURE(size);
    const std::string id = std::to_string(size);
    add_session(subject.backend(), alice, id, "agent");
    std::vector<Message> messages(static_cast<std::size_t>(size));
    for (std::size_t number = 0; number < messages.size(); ++number) {
      messages[number] = says((number % 10 == 0 ? "common " : "other ") + std::to_string(number + 1) +
                                  (number % 500 == 0 || number + 1 == messages.size() ? " rare" : ""),
                              static_cast<Role>(number / 10 % 3));
      messages[number].timestamp = at(static_cast<int>(number));
    }
    store.save_messages(alice, id, messages);
    const auto found = [&](MessageSearch search) {
      search.session_id = id;
      std::vector<std::int64_t> sequences;
      const auto page = store.search_messages(alice, search, {.limit = 1000});
      for (const auto& each : page.items) { sequences.push_back(each.sequence); }
      if (search.order == SearchOrder::best) {
        std::sort(sequences.begin(), sequences.end(), std::greater<>());
        CHECK(page.considered_all == (sequences.size() < 30));
      }
      return sequences;
    };
    const auto expected = [&](std::size_t most, const auto& has) {
      std::vector<std::int64_t> sequences;
      for (std::size_t number = messages.size(); number > 0 && sequences.size() < most; --number) {
        if (has(messages[number - 1])) { sequences.push_back(static_cast<std::int64_t>(number)); }
      }
      return sequences;
    };
    const auto says_word = [](const Message& message, const char* word) {
      return message.content.find(word) != std::string::npos;
    };
    for (const SearchOrder order : {SearchOrder::best, SearchOrder::newest}) {
      const std::size_t most = order == SearchOrder::best ? 30 : 1000;
      for (const char* const word : {"rare", "common", "other", "absent"}) {
        CAPTURE(word);
        CHECK(found({.query = word, .order = order}) ==
              expected(most, [&](const Message& message) { return says_word(message, word); }));
      }
      CHECK(found({.query = "rare common", .match = WordMatch::any, .order = order}) ==
            expected(most, [&](const Message& message) {
              return says_word(message, "rare") || says_word(message, "common");
            }));
      CHECK(found({.query = "common", .roles = {Role::user}, .from = at(200), .before = at(900), .order = order}) ==
            expected(most, [&](const Message& message) {
              return says_word(message, "common") && message.role == Role::user && message.timestamp >= at(200) &&
                     message.timestamp < at(900);
            }));
      CHECK(found({.query = "common", .agent_id = "stranger", .order = order}).empty());
    }
  }
}

CONFORMANCE_TEST("a search with members that it cannot have is refused") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  const auto refused = [&](const MessageSearch& search, const PageRequest& page = {}) {
    try {
      (void)store.search_messages(alice, search, page);
    } catch (const Error& error) {
      CHECK(error.code() == ErrorCode::invalid_argument);
      return true;
    }
    return false;
  };
  CHECK(refused({.query = "x", .match = static_cast<WordMatch>(2)}));
  CHECK(refused({.query = "x", .roles = {static_cast<Role>(77)}}));
  CHECK(refused({.query = "x", .from = Timestamp::max()}));
  CHECK(refused({.query = "x", .order = static_cast<SearchOrder>(-1)}));
  // A cursor is of one search with all its members.
  add_session(subject.backend(), alice, "s");
  for (int number = 0; number < 3; ++number) { store.save_message(alice, "s", says("word")); }
  const MessageSearch search{.query = "word"};
  const std::string cursor = store.search_messages(alice, search, {.limit = 1}).next;
  CHECK_FALSE(refused(search, {.cursor = cursor}));
  CHECK(refused({.query = "word", .match = WordMatch::any}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .begins_word = true}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .roles = {Role::user}}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .from = at(0)}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .before = at(0)}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .order = SearchOrder::newest}, {.cursor = cursor}));
}
