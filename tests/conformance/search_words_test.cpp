#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// What a search finds: any of its words, beginnings of words, and the part of a message that shows them.
namespace {

using Texts = std::vector<std::string>;

/// Returns the texts that a query finds, sorted: backends order equally good matches differently.
template <class Store>
Texts found(Store& store, const MessageSearch& search, const Context& context = alice) {
  auto list = texts(store.search_messages(context, search, {.limit = 1000}).items);
  std::sort(list.begin(), list.end());
  return list;
}

/// Returns the texts that a query finds, best match first.
template <class Store>
Texts best(Store& store, const MessageSearch& search, const Context& context = alice) {
  return texts(store.search_messages(context, search).items);
}

/// Saves messages with these texts in a session.
template <class Backend>
void say(Backend& backend, const Texts& list, const std::string& session = "s", const Context& context = alice) {
  for (const std::string& text : list) { backend.session_storage().save_message(context, session, says(text)); }
}

/// Returns the words of a message that a search has marked.
Texts marked(const FoundMessage& message) {
  Texts words;
  for (const TextPlace& place : message.places) {
    words.push_back(message.snippet.substr(place.begin, place.end - place.begin));
  }
  return words;
}

}  // namespace

CONFORMANCE_TEST("a search for any word finds messages that have one of them") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(subject.backend(), {"red green blue", "green only", "the running man", "nothing of it"});
  const auto any = [](const std::string& query) { return MessageSearch{.query = query, .match = WordMatch::any}; };
  CHECK(found(store, any("red runs missing")) == Texts{"red green blue", "the running man"});
  CHECK(found(store, any("\"green blue\" \"running green\"")) == Texts{"red green blue"});
  CHECK(found(store, any("green green GREEN")) == Texts{"green only", "red green blue"});
  CHECK(found(store, any("missing +++")).empty());
  CHECK(found(store, any("")).empty());
  CHECK(found(store, any("+++ ?!")).empty());
}

CONFORMANCE_TEST("of any word, a rare one counts more than a frequent one") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  add_session(subject.backend(), bob, "s");
  for (int number = 0; number < 20; ++number) {
    say(subject.backend(), {"the weather of day " + std::to_string(number)});
  }
  say(subject.backend(), {"the zebra", "the the weather"});
  // To another tenant it is the other way round.
  for (int number = 0; number < 40; ++number) { say(subject.backend(), {"a zebra"}, "s", bob); }
  say(subject.backend(), {"some weather"}, "s", bob);
  const MessageSearch search{.query = "what is the weather like for a zebra", .match = WordMatch::any};
  CHECK(best(store, search).front() == "the zebra");
  CHECK(best(store, search, bob).front() == "some weather");
  const auto items = store.search_messages(alice, search).items;
  CHECK(std::is_sorted(items.begin(), items.end(), [](const auto& a, const auto& b) { return a.score > b.score; }));
  CHECK(items.front().score > items.back().score);
  CHECK(items.back().score > 0);
}

CONFORMANCE_TEST("of very many words the rarest are looked for") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::string query = "common";
  for (std::size_t number = 0; number < limits::any_terms; ++number) { query += " w" + std::to_string(number); }
  REQUIRE(query.size() <= limits::query);
  say(subject.backend(), {"common one", "common two", "w255 here", "other"});
  const MessageSearch search{.query = query, .match = WordMatch::any};
  CHECK(found(store, search) == Texts{"w255 here"});
  // As many as are looked for.
  CHECK(found(store, {.query = query.substr(0, query.rfind(' ')), .match = WordMatch::any}) ==
        Texts{"common one", "common two"});
  CHECK(code_of([&] { (void)store.search_messages(alice, {.query = query}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("the last word can be the beginning of one, as it is written") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  say(subject.backend(), {"we decided it", "the decision", "deciding now", "décider", "dec 24", "東京都 is far"});
  const auto begins = [](const std::string& query) { return MessageSearch{.query = query, .begins_word = true}; };
  CHECK(found(store, begins("decide")) == Texts{"décider", "we decided it"});
  CHECK(found(store, begins("DECI")) == Texts{"deciding now", "décider", "the decision", "we decided it"});
  CHECK(found(store, begins("we dec")) == Texts{"we decided it"});
  CHECK(found(store, begins("dec it")) == Texts{});
  CHECK(found(store, begins("\"dec")) == Texts{"dec 24"});
  CHECK(found(store, begins("\"dec\"")) == Texts{"dec 24"});
  CHECK(found(store, begins("the-dec")) == Texts{});
  CHECK(found(store, begins("the-decision")) == Texts{"the decision"});
  CHECK(found(store, begins("京")) == Texts{"東京都 is far"});
  CHECK(found(store, begins("東京")) == Texts{"東京都 is far"});
  CHECK(found(store, begins("deci +++")) == Texts{});
  CHECK(found(store, {.query = "deci"}).empty());
  CHECK(found(store, {.query = "far deci", .match = WordMatch::any, .begins_word = true}) ==
        Texts{"deciding now", "décider", "the decision", "we decided it", "東京都 is far"});
}

CONFORMANCE_TEST("a message that is found shows where the words are") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::string filler;
  while (filler.size() < 2000) { filler += "filler, "; }
  say(subject.backend(), {filler + "the Running man ran to Zürich. " + filler + "run", "short: (running)", "東京都庁"});
  const auto one = [&](const MessageSearch& search) { return store.search_messages(alice, search).items.front(); };
  const FoundMessage running = one({.query = "zurich runs"});
  CHECK(marked(running) == Texts{"Running", "Zürich"});
  CHECK(running.content.find(running.snippet) != std::string::npos);
  CHECK(running.snippet.starts_with("filler"));
  CHECK(running.snippet.size() <= limits::snippet + 1);
  CHECK(marked(one({.query = "\"running man\" ran"})) == Texts{"Running", "man", "ran"});
  CHECK(marked(one({.query = "zuri", .begins_word = true})) == Texts{"Zürich"});
  CHECK(marked(one({.query = "庁"})) == Texts{"庁"});
  CHECK(marked(one({.query = "京"})) == Texts{"京"});
  CHECK(marked(one({.query = "東京都"})) == Texts{"東京都"});
  const FoundMessage complete = one({.query = "short"});
  CHECK(complete.snippet == complete.content);
  CHECK(marked(complete) == Texts{"short"});
}
