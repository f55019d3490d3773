#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

namespace {

/// Returns the texts that a query finds, sorted: backends order equally good matches differently.
template <class Store>
std::vector<std::string> found(Store& store, const MessageSearch& search, const Context& context = alice) {
  auto list = texts(store.search_messages(context, search).items);
  std::sort(list.begin(), list.end());
  return list;
}

using Texts = std::vector<std::string>;

}  // namespace

CONFORMANCE_TEST("fault 17: no text of a user is a syntax error") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (const char* text :
       {"the user's guide", "we write C++ here", "foo-bar", "what's the status?", "see report.csv"}) {
    store.save_message(alice, "s", says(text));
  }
  CHECK(found(store, {.query = "user's"}) == Texts{"the user's guide"});
  CHECK(found(store, {.query = "C++"}) == Texts{"we write C++ here"});
  CHECK(found(store, {.query = "foo-bar"}) == Texts{"foo-bar"});
  CHECK(found(store, {.query = "what's the status?"}) == Texts{"what's the status?"});
  CHECK(found(store, {.query = "report.csv"}) == Texts{"see report.csv"});
  for (const char* query : {"",    " ", "\"", "\"\"", "\"unclosed",    "AND",  "OR NOT",     "NEAR(",
                            "a:b", "*", "^x", "(",    "{a b}:",        "-",    "+",          "'",
                            ";--", "%", "\\", "a*",   "content:guide", "\t\n", "\"a\"\"b\"", "?!"}) {
    CHECK_NOTHROW((void)store.search_messages(alice, {.query = query}));
  }
  CHECK(found(store, {.query = ""}).empty());
  CHECK(found(store, {.query = "?!"}).empty());
  CHECK(found(store, {.query = "guide ?!"}) == Texts{"the user's guide"});
}

CONFORMANCE_TEST("fault 18: a message matches if it has all words and phrases") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  for (const char* text : {"red green blue", "green red", "red only", "the RUNNING man ran", "café society"}) {
    store.save_message(alice, "s", says(text));
  }
  CHECK(found(store, {.query = "red green"}) == Texts{"green red", "red green blue"});
  CHECK(found(store, {.query = "\"red green\""}) == Texts{"red green blue"});
  CHECK(found(store, {.query = "\"red green\" blue"}) == Texts{"red green blue"});
  CHECK(found(store, {.query = "\"red green\" only"}).empty());
  CHECK(found(store, {.query = "RED Only"}) == Texts{"red only"});
  CHECK(found(store, {.query = "runs"}) == Texts{"the RUNNING man ran"});
  CHECK(found(store, {.query = "cafe"}) == Texts{"café society"});
  CHECK(found(store, {.query = "re"}).empty());
}

CONFORMANCE_TEST("a session or an agent restricts a search, and pages return all matches") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "one", "first");
  add_session(subject.backend(), alice, "two", "second");
  add_session(subject.backend(), bob, "one", "first");
  for (int index = 0; index < 30; ++index) {
    store.save_message(alice, index % 3 == 0 ? "one" : "two", says("word number " + std::to_string(index)));
  }
  store.save_message(bob, "one", says("word of bob"));
  CHECK(store.search_messages(alice, {.query = "word"}).items.size() == 20);
  const auto count = [&](const MessageSearch& search, std::int64_t limit) {
    auto list = texts(
        all_pages(limit, [&](const PageRequest& request) { return store.search_messages(alice, search, request); }));
    std::sort(list.begin(), list.end());
    CHECK(std::unique(list.begin(), list.end()) == list.end());
    return list.size();
  };
  for (const std::int64_t limit : {1, 7, 30, 100}) {
    CHECK(count({.query = "word"}, limit) == 30);
    CHECK(count({.query = "word", .session_id = "one"}, limit) == 10);
    CHECK(count({.query = "word", .agent_id = "second"}, limit) == 20);
    CHECK(count({.query = "word", .session_id = "one", .agent_id = "second"}, limit) == 0);
    CHECK(count({.query = "word", .session_id = "none"}, limit) == 0);
  }
  CHECK(found(store, {.query = "word"}, bob) == Texts{"word of bob"});
  CHECK(found(store, {.query = "bob"}).empty());
  CHECK(found(store, {.query = "word", .session_id = "two"}, bob).empty());
}

CONFORMANCE_TEST("the better match comes first") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  std::string filler;
  for (int index = 0; index < 200; ++index) { filler += "filler" + std::to_string(index) + " "; }
  store.save_message(alice, "s", says(filler + "needle"));
  store.save_message(alice, "s", says("needle needle"));
  store.save_message(alice, "s", says("nothing here"));
  CHECK(store.search_messages(alice, {.query = "needle"}).items.front().content == "needle needle");
}

CONFORMANCE_TEST("the first million bytes of a text are searched, and all of it is stored") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  const auto fill = [](std::string& text, std::size_t size) {
    while (text.size() < size) { text += "filler "; }
    text.resize(size, ' ');
  };
  std::string content;
  fill(content, 999'980);
  content += " a before ";
  fill(content, 1'000'010);
  content += " behind ";
  fill(content, 3'000'000);
  store.save_message(alice, "s", says(content));
  CHECK(store.load_messages(alice, "s").items.front().content == content);
  CHECK(found(store, {.query = "before"}).size() == 1);
  CHECK(found(store, {.query = "\"a before\""}).size() == 1);
  CHECK(found(store, {.query = "behind"}).empty());
  // Deleting text beyond the searched part leaves nothing in the index and removes nothing of other messages.
  store.save_message(alice, "s", says("filler, and behind"));
  CHECK(found(store, {.query = "behind"}) == Texts{"filler, and behind"});
  // Characters of several bytes, the last of which is searched in part or not at all.
  std::string wide = "wide ";
  while (wide.size() < 1'000'100) { wide += "語"; }
  store.save_message(alice, "s", says(wide + " behind"));
  CHECK(found(store, {.query = "wide"}) == Texts{wide + " behind"});
  CHECK(found(store, {.query = "behind"}) == Texts{"filler, and behind"});
  CHECK(store.delete_session(alice, "s"));
  CHECK(found(store, {.query = "filler"}).empty());
}

CONFORMANCE_TEST("the SQL of a query has a maximum length") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  CHECK(code_of([&] { (void)store.search_messages(alice, {.query = std::string(limits::query + 1, 'x')}); }) ==
        ErrorCode::invalid_argument);
  std::string many;
  for (std::size_t index = 0; index <= limits::query_terms; ++index) { many += "w "; }
  CHECK(code_of([&] { (void)store.search_messages(alice, {.query = many}); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { (void)store.search_messages(alice, {.query = "\xff"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("messages of other tenants do not change the order of a tenant's matches") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  add_session(subject.backend(), alice, "s");
  add_session(subject.backend(), bob, "s");
  store.save_message(alice, "s", says("merger picnic picnic"));
  store.save_message(alice, "s", says("merger merger picnic"));
  const auto order = [&] { return texts(store.search_messages(alice, {.query = "merger picnic"}).items); };
  const auto before = order();
  for (int index = 0; index < 30; ++index) {
    store.save_message(bob, "s", says("merger talks, and nothing else at all"));
  }
  CHECK(order() == before);
}
