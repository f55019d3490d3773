#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Which artifacts a search finds and considers, and in which order it returns them.
namespace {

Timestamp at(int second) { return Timestamp{std::chrono::seconds(1'700'000'000 + second)}; }

/// Stores 60 artifacts of two agents, some in a session, 40 of which have the word "word"; of three one time each.
template <class Backend>
void write_artifacts(Backend& backend) {
  add_session(backend, alice, "s");
  auto& store = backend.artifact_store();
  for (int number = 0; number < 60; ++number) {
    Artifact artifact{.id = "a" + std::to_string(100 + number * 7 % 60),
                      .name = number % 3 == 2 ? "other" : "word " + std::to_string(number),
                      .source = static_cast<ArtifactSource>(number % 2),
                      .source_agent_id = number % 4 == 0 ? "first" : "second",
                      .content_type = number % 5 == 0 ? "text/csv" : "text/plain",
                      .created_at = at(number / 3)};
    if (number % 6 == 0) { artifact.session_id = "s"; }
    store.index(alice, artifact);
  }
  store.index(alice, {.id = "deleted", .name = "word", .created_at = at(50)});
  store.remove(alice, "deleted", DeleteMode::soft);
  store.index(bob, {.id = "a100", .name = "word of bob", .created_at = at(70)});
}

/// What restricts a search.
std::vector<ArtifactSearch> restrictions() {
  return {{},
          {.session_id = "s"},
          {.session_id = "none"},
          {.source = ArtifactSource::generated},
          {.source_agent_id = "first"},
          {.content_type = "text/csv"},
          {.content_type = "text"},
          {.from = at(7)},
          {.before = at(7)},
          {.source = ArtifactSource::user, .source_agent_id = "second", .from = at(2), .before = at(18)},
          {.session_id = "s", .source_agent_id = "first", .content_type = "text/plain"}};
}

/// Returns the artifacts with the word "word" that a search must find, in the order of the list.
template <class Store>
Ids expected_of(Store& store, const ArtifactSearch& search) {
  Ids expected;
  for (const Artifact& each : store.list(alice).items) {
    const bool matches =
        each.name.starts_with("word") && (!search.session_id || each.session_id == search.session_id) &&
        (!search.source || each.source == *search.source) &&
        (!search.source_agent_id || each.source_agent_id == *search.source_agent_id) &&
        (!search.content_type || each.content_type == *search.content_type) &&
        (!search.from || each.created_at >= *search.from) && (!search.before || each.created_at < *search.before);
    if (matches) { expected.push_back(each.id); }
  }
  return expected;
}

Ids sorted(Ids list) {
  std::sort(list.begin(), list.end());
  return list;
}

template <class Store>
Ids all_found(Store& store, const ArtifactSearch& search, std::int64_t limit) {
  return ids(all_pages(limit, [&](const PageRequest& page) { return store.search(alice, search, page); }));
}

/// Returns what a search finds, sorted: backends order equally good matches differently.
template <class Store>
Ids found(Store& store, const ArtifactSearch& search, const Context& context = alice) {
  return sorted_ids(store.search(context, search, {.limit = 1000}).items);
}

}  // namespace

CONFORMANCE_TEST("the newest artifacts are found in the order of the list") {
  for (const std::int64_t candidates : {1, 10'000}) {
    CAPTURE(candidates);
    Subject subject({.search_candidates = candidates});
    auto& store = subject.backend().artifact_store();
    write_artifacts(subject.backend());
    for (ArtifactSearch search : restrictions()) {
      search.query = "word";
      search.order = SearchOrder::newest;
      const Ids expected = expected_of(store, search);
      const auto page = store.search(alice, search, {.limit = 1000});
      CHECK(ids(page.items) == expected);
      // How many are ranked is no matter.
      CHECK(page.considered_all);
      for (const auto& artifact : page.items) { CHECK(artifact.score == 0); }
      for (const std::int64_t limit : {7, 40}) { CHECK(all_found(store, search, limit) == expected); }
    }
    CHECK(all_found(store, {.query = "word", .order = SearchOrder::newest}, 1000).size() == 40);
  }
}

CONFORMANCE_TEST("the best artifacts of as many matches as are configured are returned, of the newest") {
  for (const std::int64_t candidates : {1, 10, 39, 40, 10'000}) {
    CAPTURE(candidates);
    Subject subject({.search_candidates = candidates});
    auto& store = subject.backend().artifact_store();
    write_artifacts(subject.backend());
    for (ArtifactSearch search : restrictions()) {
      for (const WordMatch match : {WordMatch::all, WordMatch::any}) {
        search.query = match == WordMatch::any ? "missing word" : "word";
        search.match = match;
        Ids expected = expected_of(store, search);
        const bool is_all = expected.size() <= static_cast<std::size_t>(candidates);
        expected.resize(std::min(expected.size(), static_cast<std::size_t>(candidates)));
        for (const std::int64_t limit : {15, 1000}) {
          CHECK(sorted(all_found(store, search, limit)) == sorted(expected));
        }
        const auto page = store.search(alice, search);
        CHECK(page.considered_all == is_all);
        for (const auto& artifact : page.items) { CHECK(artifact.score > 0); }
      }
    }
    CHECK(store.search(alice, {.query = "nothing"}).considered_all);
  }
}

CONFORMANCE_TEST("a search for any word finds artifacts that have one of them, those with rare words first") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  for (int number = 0; number < 20; ++number) {
    store.index(alice, {.id = "common" + std::to_string(number), .name = "decide about", .purpose = "what did we do"});
  }
  store.index(alice, {.id = "1", .name = "zurich.txt", .purpose = "the running man"});
  store.index(alice, {.id = "2", .name = "notes", .tags = {"zurich", "green blue"}});
  const auto any = [](const std::string& query) { return ArtifactSearch{.query = query, .match = WordMatch::any}; };
  CHECK(found(store, any("zurich runs missing")) == Ids{"1", "2"});
  CHECK(found(store, any("\"green blue\" \"running green\"")) == Ids{"2"});
  CHECK(found(store, any("\"notes zurich\"")).empty());
  CHECK(found(store, any("")).empty());
  CHECK(found(store, any("!? missing")).empty());
  const auto best = store.search(alice, any("what did we decide about zurich")).items;
  REQUIRE(best.size() == 20);
  CHECK(sorted({best[0].id, best[1].id}) == Ids{"1", "2"});
  CHECK(best[1].score > best[2].score);

  // What others store changes neither the set nor the order nor the scores.
  for (int number = 0; number < 60; ++number) { store.index(bob, {.name = "zurich"}); }
  const auto again = store.search(alice, any("what did we decide about zurich")).items;
  CHECK((again == best));
}

CONFORMANCE_TEST("of too many different words the rarest among the artifacts of the tenant are looked for") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  std::string query = "frequent";
  std::string others;
  for (std::size_t number = 0; number < limits::any_terms; ++number) {
    const std::string word = "w" + std::to_string(number);
    query += " " + word;
    others += " " + word;
  }
  store.index(alice, {.id = "all", .name = "n", .purpose = others});
  store.index(alice, {.id = "1", .name = "frequent"});
  store.index(alice, {.id = "2", .name = "frequent"});
  // Artifacts of others and messages do not count.
  add_session(subject.backend(), alice, "s");
  for (int number = 0; number < 5; ++number) {
    store.index(bob, {.name = "w7"});
    subject.backend().session_storage().save_message(alice, "s", says("w8"));
  }
  for (const SearchOrder order : {SearchOrder::best, SearchOrder::newest}) {
    CHECK(found(store, {.query = query, .match = WordMatch::any, .order = order}) == Ids{"all"});
    CHECK(found(store,
                {.query = "frequent" + others.substr(0, others.rfind(' ')), .match = WordMatch::any, .order = order}) ==
          Ids{"1", "2", "all"});
  }
}

CONFORMANCE_TEST("the last word of a search for artifacts can be the beginning of one, as written") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .name = "What was decided", .purpose = "deciding", .tags = {"x"}});
  store.index(alice, {.id = "2", .name = "minutes", .tags = {"Decision"}});
  store.index(alice, {.id = "3", .name = "happy"});
  store.index(bob, {.id = "4", .name = "decided"});
  const auto beginning = [&](const std::string& query, WordMatch match = WordMatch::all) {
    return found(store, {.query = query, .match = match, .begins_word = true});
  };
  CHECK(beginning("deci") == Ids{"1", "2"});
  CHECK(beginning("decide") == Ids{"1"});
  CHECK(beginning("DECIDED") == Ids{"1"});
  CHECK(beginning("decidi") == Ids{"1"});
  CHECK(beginning("x decid") == Ids{"1"});
  CHECK(beginning("deci x").size() == 0);
  CHECK(beginning("\"deci").empty());
  CHECK(beginning("happi") == Ids{"3"});
  CHECK(beginning("happy deci", WordMatch::any) == Ids{"1", "2", "3"});
  CHECK(found(store, {.query = "deci"}).empty());

  // A changed artifact is found by its present words as written only.
  store.update(alice, "1", {.name = "done", .purpose = "concluding"});
  CHECK(beginning("decid").empty());
  CHECK(beginning("concludin") == Ids{"1"});
}

CONFORMANCE_TEST("a search for artifacts with members that it cannot have is refused") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto refused = [&](const ArtifactSearch& search, const PageRequest& page = {}) {
    return code_of([&] { static_cast<void>(store.search(alice, search, page)); }) == ErrorCode::invalid_argument;
  };
  CHECK(refused({.query = "x", .session_id = std::string(limits::id + 1, 's')}));
  CHECK(refused({.query = "x", .source = static_cast<ArtifactSource>(3)}));
  CHECK(refused({.query = "x", .source_agent_id = "\xff"}));
  CHECK(refused({.query = "x", .content_type = std::string(limits::name + 1, 'c')}));
  CHECK(refused({.query = "x", .match = static_cast<WordMatch>(2)}));
  CHECK(refused({.query = "x", .from = Timestamp::max()}));
  CHECK(refused({.query = "x", .order = static_cast<SearchOrder>(-1)}));
  // A cursor is of one search with all its members.
  for (int number = 0; number < 3; ++number) { store.index(alice, {.name = "word"}); }
  const std::string cursor = store.search(alice, {.query = "word"}, {.limit = 1}).next;
  REQUIRE_FALSE(cursor.empty());
  CHECK(store.search(alice, {.query = "word"}, {.cursor = cursor}).items.size() == 2);
  CHECK(refused({.query = "word", .source = ArtifactSource::user}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .content_type = ""}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .match = WordMatch::any}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .begins_word = true}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .from = at(0)}, {.cursor = cursor}));
  CHECK(refused({.query = "word", .order = SearchOrder::newest}, {.cursor = cursor}));
}
