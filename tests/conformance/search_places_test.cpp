#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Where in a message a search looks.
namespace {

using Places = std::vector<SearchPlace>;
using Sequences = std::vector<std::int64_t>;

/// Each set of places.
std::vector<Places> sets_of_places() {
  std::vector<Places> sets;
  for (unsigned bits = 1; bits < 16; ++bits) {
    Places set;
    for (unsigned place = 0; place < 4; ++place) {
      if ((bits >> place & 1U) != 0) { set.push_back(static_cast<SearchPlace>(place)); }
    }
    sets.push_back(set);
  }
  return sets;
}

bool has(const Places& places, SearchPlace place) {
  return std::find(places.begin(), places.end(), place) != places.end();
}

ToolResult returns(std::string json) { return {.success = true, .data = std::move(json)}; }

/// A message with a text in each place.
Message of_four(const std::string& text, const std::string& thinking, const std::string& argument,
                const std::string& result) {
  Message message{.role = Role::assistant};
  message.parts = {Part::of_thinking(thinking, "signature"), Part::of_text(text),
                   Part::of_tool_call({.id = "c", .name = "tool", .input = "{\"of\": \"" + argument + "\"}"}),
                   Part::of_tool_result("c", returns("\"" + result + "\""))};
  return message;
}

/// Returns the sequences of the messages that a search has found, in order.
template <class Store>
Sequences found(Store& store, const MessageSearch& search) {
  Sequences sequences;
  for (const FoundMessage& message : store.search_messages(alice, search, {.limit = 1000}).items) {
    sequences.push_back(message.sequence);
  }
  std::sort(sequences.begin(), sequences.end());
  return sequences;
}

/// Returns the one message that a search finds.
template <class Store>
FoundMessage only(Store& store, const MessageSearch& search) {
  auto items = store.search_messages(alice, search).items;
  REQUIRE(items.size() == 1);
  return items.front();
}

template <class Backend>
void save(Backend& backend, const std::vector<Message>& messages) {
  add_session(backend, alice, "s");
  backend.session_storage().save_messages(alice, "s", messages);
}

}  // namespace

CONFORMANCE_TEST("a search finds a word in the places that it names, and else in all") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(),
       {of_four("zurich", "a", "b", "c"), of_four("a", "zurich", "b", "c"), of_four("a", "b", "zurich", "c"),
        of_four("a", "b", "c", "zurich"), of_four("a", "b", "c", "d")});
  for (const SearchOrder order : {SearchOrder::best, SearchOrder::newest}) {
    for (const WordMatch match : {WordMatch::all, WordMatch::any}) {
      CHECK(found(store, {.query = "zurich", .match = match, .order = order}) == Sequences{1, 2, 3, 4});
      for (const Places& places : sets_of_places()) {
        Sequences expected;
        for (const SearchPlace place : places) { expected.push_back(static_cast<std::int64_t>(place) + 1); }
        for (const auto& session : {std::optional<std::string>(), std::optional<std::string>("s")}) {
          const MessageSearch search{
              .query = "zurich", .session_id = session, .match = match, .order = order, .where = places};
          CHECK(found(store, search) == expected);
          for (const FoundMessage& message : store.search_messages(alice, search).items) {
            CHECK(static_cast<std::int64_t>(message.place) + 1 == message.sequence);
            CHECK(message.snippet.find("zurich") != std::string::npos);
            CHECK(message.places.size() == 1);
          }
        }
      }
    }
  }
}

CONFORMANCE_TEST("the words of a query can stand in several places, those of a phrase cannot") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(), {of_four("red green", "blue", "green blue", "red"), of_four("blue", "red", "green", "x"),
                           of_four("x", "red green", "x", "x")});
  CHECK(found(store, {.query = "red blue"}) == Sequences{1, 2});
  CHECK(found(store, {.query = "\"green blue\""}) == Sequences{1});
  CHECK(found(store, {.query = "\"red green\""}) == Sequences{1, 3});
  CHECK(found(store, {.query = "\"red green\"", .where = {SearchPlace::text}}) == Sequences{1});
  CHECK(found(store, {.query = "\"red green\"", .where = {SearchPlace::thinking}}) == Sequences{3});
  CHECK(found(store, {.query = "\"red green\"", .where = {SearchPlace::thinking, SearchPlace::text}}) ==
        Sequences{1, 3});
  CHECK(found(store, {.query = "\"red green\" \"green blue\"", .where = {SearchPlace::text, SearchPlace::arguments}}) ==
        Sequences{1});
  CHECK(found(store, {.query = "\"red green\" \"green blue\"", .where = {SearchPlace::text}}).empty());
  CHECK(found(store, {.query = "red blue", .where = {SearchPlace::text, SearchPlace::thinking}}) == Sequences{1, 2});
  CHECK(found(store, {.query = "red blue", .where = {SearchPlace::thinking}}).empty());
  CHECK(found(store, {.query = "\"red green\" blue", .match = WordMatch::any, .where = {SearchPlace::thinking}}) ==
        Sequences{1, 3});
}

CONFORMANCE_TEST("the beginning of a word is looked for in the places that are searched") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(),
       {of_four("decided", "x", "x", "x"), of_four("x", "we decided", "x", "x"), of_four("x", "x", "decision", "x"),
        of_four("x", "x", "x", "deciding"), of_four("Größe", "größer", "x", "x")});
  const auto begins = [&](const std::string& query, Places places = {}) {
    return found(store, {.query = query, .begins_word = true, .where = std::move(places)});
  };
  CHECK(begins("decid") == Sequences{1, 2, 4});
  CHECK(begins("decide") == Sequences{1, 2});
  CHECK(begins("deci") == Sequences{1, 2, 3, 4});
  for (const Places& places : sets_of_places()) {
    Sequences expected;
    for (const SearchPlace place : places) { expected.push_back(static_cast<std::int64_t>(place) + 1); }
    CHECK(begins("deci", places) == expected);
    Sequences as_written;
    if (has(places, SearchPlace::text)) { as_written.push_back(1); }
    if (has(places, SearchPlace::thinking)) { as_written.push_back(2); }
    CHECK(begins("decided", places) == as_written);
    if (has(places, SearchPlace::thinking)) { CHECK(begins("we decid", places) == Sequences{2}); }
  }
  CHECK(begins("große", {SearchPlace::thinking}) == Sequences{5});
  CHECK(begins("größer", {SearchPlace::text}).empty());
}

CONFORMANCE_TEST("what is searched of a message, in either form") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  Message results;
  results.role = Role::tool;
  results.parts = {Part::of_tool_result("1", returns(R"({"name": "first"})")),
                   Part::of_tool_result("2", returns(R"({"name": "second"})")),
                   Part::of_tool_result("3", {.error = ToolError{.code = "E42",
                                                                 .message = "it failed",
                                                                 .details = R"({"cause": "weather"})",
                                                                 .suggestion = "wait"}})};
  Part document = Part::of_data(PartKind::document, "text/plain", "aGlkZGVu");
  document.text = "spoken";
  Message media;
  media.parts = {document, Part::of_redacted_thinking("opaque"), Part::of_text("written")};
  save(subject.backend(),
       {{.role = Role::assistant,
         .content = "look",
         .tool_calls = {{.id = "x1", .name = "list_orders", .input = R"({"city": "Z\u00fcrich\nBern", "n": 42})"},
                        {.id = "x2", .name = "other", .input = R"({"cut": "off at)"}}},
        {.role = Role::tool,
         .content = "shown",
         .tool_use_id = "x1",
         .tool_result = returns(R"(["C:\\new", "\ud83d\ude42"])")},
        {.role = Role::tool, .tool_use_id = "x2", .tool_result = returns(R"(plain C:\new)")},
        {.content = "seen",
         .content_blocks = {{ContentKind::text, "beside", {}}, {ContentKind::image_url, "picture", {}}}},
        results,
        media});
  const auto places = [&](const std::string& query) {
    std::vector<std::pair<std::int64_t, SearchPlace>> list;
    for (const FoundMessage& message : store.search_messages(alice, {.query = query}).items) {
      list.emplace_back(message.sequence, message.place);
      CHECK(found(store, {.query = query, .where = {message.place}}) == Sequences{message.sequence});
    }
    return list;
  };
  using List = std::vector<std::pair<std::int64_t, SearchPlace>>;
  for (const char* const query : {"list_orders", "city", "zurich", "bern", "\"zurich bern\"", "42", "cut", "off"}) {
    CHECK(places(query) == List{{1, SearchPlace::arguments}});
  }
  CHECK(places("nbern").empty());
  CHECK(places("look") == List{{1, SearchPlace::text}});
  CHECK(places("x1").empty());
  CHECK(places("shown") == List{{2, SearchPlace::text}});
  CHECK(places("🙂") == List{{2, SearchPlace::results}});
  CHECK(found(store, {.query = "new", .where = {SearchPlace::results}}) == Sequences{2, 3});
  CHECK(places("plain") == List{{3, SearchPlace::results}});
  CHECK(places("seen") == List{{4, SearchPlace::text}});
  CHECK(places("beside") == List{{4, SearchPlace::text}});
  CHECK(places("picture").empty());
  for (const char* const query : {"first", "second", "e42", "failed", "weather", "wait"}) {
    CHECK(places(query) == List{{5, SearchPlace::results}});
  }
  CHECK(places("null").empty());
  CHECK(places("spoken") == List{{6, SearchPlace::text}});
  CHECK(places("written") == List{{6, SearchPlace::text}});
  CHECK(places("opaque").empty());
  CHECK(only(store, {.query = "zurich"}).snippet.find("Zürich\nBern") != std::string::npos);
}

CONFORMANCE_TEST("a snippet comes from the place with the most words of the query") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(), {of_four("only red here", "red and green", "green", "red green blue")});
  CHECK(only(store, {.query = "red"}).place == SearchPlace::text);
  CHECK(only(store, {.query = "red green"}).place == SearchPlace::thinking);
  CHECK(only(store, {.query = "red green blue"}).place == SearchPlace::results);
  const FoundMessage message =
      only(store, {.query = "red green", .where = {SearchPlace::results, SearchPlace::arguments}});
  CHECK(message.place == SearchPlace::results);
  CHECK(message.snippet == "\"red green blue\"");
  CHECK(message.places == std::vector<TextPlace>{{1, 4}, {5, 10}});
}

CONFORMANCE_TEST("no place of a message is found after it is redacted or deleted") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(), {of_four("a", "zurich", "b", "c"), of_four("a", "b", "zurich", "c"),
                           of_four("a", "b", "c", "zurich"), of_four("zurich", "b", "c", "d")});
  store.fork_session(alice, "s", 3, {.id = "fork"});
  const Message more = of_four("a", "b", "zurich", "d");
  store.save_message(alice, "fork", more);
  CHECK(found(store, {.query = "zurich", .session_id = "fork", .where = {SearchPlace::arguments}}) == Sequences{2, 4});
  CHECK(found(store, {.query = "zurich", .where = {SearchPlace::thinking}}) == Sequences{1});
  store.redact_messages(alice, "s", {1, 2}, "asked for");
  CHECK(found(store, {.query = "zurich"}) == Sequences{3, 4, 4});
  CHECK(found(store, {.query = "zurich", .where = {SearchPlace::thinking}}).empty());
  CHECK(found(store, {.query = "tool", .where = {SearchPlace::arguments}}) == Sequences{3, 4, 4});
  CHECK(store.delete_session(alice, "s"));
  CHECK(found(store, {.query = "zurich", .where = {SearchPlace::results}}) == Sequences{3});
  CHECK(found(store, {.query = "zurich", .where = {SearchPlace::text}}).empty());
  CHECK(store.delete_session(alice, "fork"));
  CHECK(found(store, {.query = "zurich"}).empty());
}

CONFORMANCE_TEST("a message that was streamed, and a call that was closed, are searched in all places") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  auto& streams = subject.backend().stream_store();
  add_session(subject.backend(), alice, "s");
  const MessageStream stream = streams.begin(alice, "s", {.role = Role::assistant});
  CHECK(found(store, {.query = "bern"}).empty());
  Message whole{.role = Role::assistant};
  whole.parts = {Part::of_thinking("zurich or bern"), Part::of_text("zurich"),
                 Part::of_tool_call({.id = "c", .name = "travel", .input = R"({"to": "bern"})"})};
  streams.finish(alice, stream, whole);
  CHECK(found(store, {.query = "bern", .where = {SearchPlace::text}}).empty());
  CHECK(found(store, {.query = "bern", .where = {SearchPlace::thinking}}) == Sequences{1});
  CHECK(found(store, {.query = "bern", .where = {SearchPlace::arguments}}) == Sequences{1});
  CHECK(store.close_tool_calls(alice, "s", {.code = "gone", .message = "the train has left"}) == 1);
  CHECK(found(store, {.query = "train", .where = {SearchPlace::results}}) == Sequences{2});
  CHECK(found(store, {.query = "gone", .where = {SearchPlace::text}}).empty());
  CHECK(found(store, {.query = "gone"}) == Sequences{2});
}

CONFORMANCE_TEST("long texts are searched in each place") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  // More words than a tsvector has positions for, more occurrences of one, and more bytes than it has.
  std::string many;
  for (int number = 0; number < 20'000; ++number) { many += "w" + std::to_string(number) + " "; }
  std::string often;
  for (int number = 0; number < 300; ++number) { often += "often "; }
  std::string large = "first ";
  for (int number = 0; number < 80'000; ++number) { large += "word" + std::to_string(number) + " "; }
  save(subject.backend(), {of_four(many + "red deciding", "green house", often + "blue", "green deciding"),
                           of_four("red house", many + "green blue", "often", often + "red"),
                           of_four(large, "x", "green deciding", "house")});
  const auto in = [&](const std::string& query, Places places, bool begins_word = false) {
    return found(store, {.query = query, .begins_word = begins_word, .where = std::move(places)});
  };
  CHECK(in("red", {SearchPlace::text}) == Sequences{1, 2});
  CHECK(in("red", {SearchPlace::results}) == Sequences{2});
  CHECK(in("green", {SearchPlace::thinking}) == Sequences{1, 2});
  CHECK(in("green", {SearchPlace::arguments}) == Sequences{3});
  CHECK(in("\"green house\"", {SearchPlace::thinking}) == Sequences{1});
  CHECK(in("\"green house\"", {SearchPlace::text}).empty());
  CHECK(in("\"green blue\"", {SearchPlace::thinking, SearchPlace::results}) == Sequences{2});
  CHECK(in("often", {SearchPlace::arguments}) == Sequences{1, 2});
  CHECK(in("often", {SearchPlace::results}) == Sequences{2});
  CHECK(in("w19999 red", {SearchPlace::text}) == Sequences{1});
  CHECK(in("w19999 red", {SearchPlace::thinking}).empty());
  CHECK(in("deciding", {SearchPlace::text}, true) == Sequences{1});
  CHECK(in("deciding", {SearchPlace::results}, true) == Sequences{1});
  CHECK(in("deciding", {SearchPlace::arguments}, true) == Sequences{3});
  CHECK(in("first", {SearchPlace::text}) == Sequences{3});
  CHECK(in("first", {SearchPlace::thinking}).empty());
  for (const WordMatch match : {WordMatch::all, WordMatch::any}) {
    CHECK(found(store, {.query = "\"green house\"", .match = match, .where = {SearchPlace::results}}).empty());
    CHECK(found(store, {.query = "\"green house\"", .match = match}) == Sequences{1});
  }
}

CONFORMANCE_TEST("a search in an unknown place is refused, and a cursor is of one set of places") {
  Subject subject;
  auto& store = subject.backend().session_storage();
  save(subject.backend(), {of_four("red", "red", "x", "x"), of_four("red", "red", "x", "x")});
  const auto failure = [&](const MessageSearch& search, const PageRequest& page) {
    return code_of([&] { static_cast<void>(store.search_messages(alice, search, page)); });
  };
  CHECK(failure({.query = "red", .where = {static_cast<SearchPlace>(4)}}, {}) == ErrorCode::invalid_argument);
  const MessageSearch search{.query = "red", .where = {SearchPlace::text}};
  const auto page = store.search_messages(alice, search, {.limit = 1});
  CHECK(failure({.query = "red"}, {.limit = 1, .cursor = page.next}) == ErrorCode::invalid_argument);
  CHECK(store.search_messages(alice, search, {.limit = 1, .cursor = page.next}).items.size() == 1);
}
