#include "conformance/artifacts.hpp"
#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/limits.hpp"
#include "support/crafted_cursor.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

/// Which artifacts are found, their order, and their statistics.

CONFORMANCE_TEST("every part of a filter restricts the list") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  store.index(alice, {.id = "1",
                      .source = ArtifactSource::user,
                      .content_type = "text/csv",
                      .size_bytes = 10,
                      .created_at = Timestamp{10us}});
  store.index(alice, {.id = "2",
                      .source = ArtifactSource::generated,
                      .content_type = "text/plain",
                      .size_bytes = 20,
                      .created_at = Timestamp{20us}});
  store.index(alice, {.id = "3",
                      .source = ArtifactSource::agent,
                      .content_type = "text/csv",
                      .size_bytes = 30,
                      .created_at = Timestamp{30us},
                      .session_id = "s"});
  store.index(alice, {.id = "4", .created_at = Timestamp{40us}, .session_id = "s"});
  store.remove(alice, "4", DeleteMode::soft);

  const auto listed = [&](const ArtifactFilter& filter) { return ids(store.list(alice, filter).items); };
  CHECK(listed({}) == Ids{"3", "2", "1"});
  CHECK(listed({.include_deleted = true}) == Ids{"4", "3", "2", "1"});
  CHECK(listed({.source = ArtifactSource::generated}) == Ids{"2"});
  CHECK(listed({.content_type = "text/csv"}) == Ids{"3", "1"});
  CHECK(listed({.content_type = "text"}).empty());
  CHECK(listed({.min_size_bytes = 20}) == Ids{"3", "2"});
  CHECK(listed({.max_size_bytes = 20}) == Ids{"2", "1"});
  CHECK(listed({.min_size_bytes = 20, .max_size_bytes = 20}) == Ids{"2"});
  CHECK(listed({.created_from = Timestamp{20us}}) == Ids{"3", "2"});
  CHECK(listed({.created_until = Timestamp{20us}}) == Ids{"1"});
  CHECK(listed({.created_from = Timestamp{20us}, .created_until = Timestamp{21us}}) == Ids{"2"});
  CHECK(listed({.created_from = Timestamp{30us}, .created_until = Timestamp{20us}}).empty());
  CHECK(listed({.created_from = Timestamp::min(), .created_until = Timestamp::max()}) == Ids{"3", "2", "1"});
  CHECK(listed({.session_id = "s"}) == Ids{"3"});
  CHECK(listed({.session_id = "s", .include_deleted = true}) == Ids{"4", "3"});
  CHECK(listed({.source = ArtifactSource::agent,
                .content_type = "text/csv",
                .min_size_bytes = 30,
                .max_size_bytes = 30,
                .created_from = Timestamp{30us},
                .created_until = Timestamp{31us},
                .session_id = "s"}) == Ids{"3"});
}

CONFORMANCE_TEST("an artifact must have all tags, each as a whole") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .created_at = Timestamp{1us}, .tags = {"report", "2024"}});
  store.index(alice, {.id = "2", .created_at = Timestamp{2us}, .tags = {"report", "draft", "a\"b", "a\\b", "100%"}});
  store.index(alice, {.id = "3", .created_at = Timestamp{3us}, .tags = {"rep", "Report", "report,draft", ""}});
  store.index(alice, {.id = "4", .created_at = Timestamp{4us}});
  const auto tagged = [&](std::vector<std::string> tags) {
    return ids(store.list(alice, {.tags = std::move(tags)}).items);
  };
  CHECK(tagged({}) == Ids{"4", "3", "2", "1"});
  CHECK(tagged({"report"}) == Ids{"2", "1"});
  CHECK(tagged({"report", "draft"}) == Ids{"2"});
  CHECK(tagged({"draft", "report", "report"}) == Ids{"2"});
  CHECK(tagged({"report", "none"}).empty());
  CHECK(tagged({"rep"}) == Ids{"3"});
  CHECK(tagged({"2024"}) == Ids{"1"});
  CHECK(tagged({"202"}).empty());
  CHECK(tagged({"a\"b"}) == Ids{"2"});
  CHECK(tagged({"a\\b"}) == Ids{"2"});
  CHECK(tagged({"100%"}) == Ids{"2"});
  CHECK(tagged({"%"}).empty());
  CHECK(tagged({""}) == Ids{"3"});
  for (const char* hostile : {"' OR 1=1 --", "report\",\"draft", "[\"report\"]", "null", "rep*"}) {
    CHECK(tagged({hostile}).empty());
  }
}

CONFORMANCE_TEST("fault 29: pages return all of many artifacts with the same time") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  Ids expected;
  for (int i = 0; i < 250; ++i) {
    // Three times for all of them.
    Artifact artifact{.id = "a" + std::to_string(1000 + i), .name = "word", .created_at = Timestamp{1us + i % 3 * 1us}};
    if (i % 2 == 0) { artifact.session_id = "s"; }
    expected.push_back(store.index(alice, artifact));
  }
  store.index(bob, {.id = "a1001", .name = "word", .created_at = Timestamp{2us}});
  std::sort(expected.begin(), expected.end(), [](const std::string& left, const std::string& right) {
    const auto moment = [](const std::string& id) { return (std::stoi(id.substr(1)) - 1000) % 3; };
    return std::pair(moment(left), left) > std::pair(moment(right), right);
  });
  for (const std::int64_t limit : {1, 7, 249, 250, 251}) {
    CHECK(ids(all_pages(limit, [&](const PageRequest& page) { return store.list(alice, {}, page); })) == expected);
  }
  CHECK(store.list(alice).items.size() == 100);
  Ids of_session;
  for (const auto& id : expected) {
    if (std::stoi(id.substr(1)) % 2 == 0) { of_session.push_back(id); }
  }
  CHECK(ids(all_pages(10, [&](const PageRequest& page) { return store.list(alice, {.session_id = "s"}, page); })) ==
        of_session);
  // A cursor does not leave the time range.
  const heddle::ArtifactFilter early{.created_until = Timestamp{2us}};
  const std::string cursor = store.list(alice, early, {.limit = 1}).next;
  REQUIRE_FALSE(cursor.empty());
  CHECK(code_of([&] {
          static_cast<void>(store.list(alice, early, {.cursor = support::with_position(cursor, "2.z")}));
        }) == ErrorCode::invalid_argument);

  // Search has a default limit of 20 and returns everything once, too.
  CHECK(store.search(alice, {.query = "word"}).items.size() == 20);
  for (const std::int64_t limit : {1, 99, 250}) {
    const auto all =
        all_pages(limit, [&](const PageRequest& request) { return store.search(alice, {.query = "word"}, request); });
    CHECK(sorted_ids(all) == [&] {
      auto list = expected;
      std::sort(list.begin(), list.end());
      return list;
    }());
  }
}

CONFORMANCE_TEST("invalid limits and cursors of other lists are refused") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  for (int i = 0; i < 3; ++i) { store.index(alice, {.name = "word"}); }
  const std::string of_list = store.list(alice, {}, {.limit = 1}).next;
  const std::string of_search = store.search(alice, {.query = "word"}, {.limit = 1}).next;
  REQUIRE_FALSE(of_list.empty());
  REQUIRE_FALSE(of_search.empty());
  const auto code_of_list = [&](const PageRequest& request) {
    return code_of([&] { static_cast<void>(store.list(alice, {}, request)); });
  };
  const auto code_of_search = [&](const PageRequest& request) {
    return code_of([&] { static_cast<void>(store.search(alice, {.query = "word"}, request)); });
  };
  for (const PageRequest& request :
       {PageRequest{.limit = -1}, PageRequest{.limit = limits::page + 1}, PageRequest{.cursor = "nonsense"}}) {
    CHECK(code_of_list(request) == ErrorCode::invalid_argument);
    CHECK(code_of_search(request) == ErrorCode::invalid_argument);
  }
  for (const std::string& position :
       {std::string("1.\0", 3), std::string(), std::string("1"), std::string("99999999999999999999.")}) {
    CHECK(code_of_list({.cursor = support::with_position(of_list, position)}) == ErrorCode::invalid_argument);
    CHECK(code_of_search({.cursor = support::with_position(of_search, position)}) == ErrorCode::invalid_argument);
  }
  CHECK(code_of_search({.cursor = support::with_position(of_search, "-5.")}) == ErrorCode::invalid_argument);
  CHECK(code_of_list({.cursor = of_search}) == ErrorCode::invalid_argument);
  CHECK(code_of_search({.cursor = of_list}) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("words are found in name, purpose and tags") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice,
              {.id = "1", .name = "quarterly-report.csv", .purpose = "Figures for the board", .tags = {"finance"}});
  store.index(alice,
              {.id = "2", .name = "notes.txt", .purpose = "Running the Übung", .tags = {"board meeting", "C++"}});
  store.index(alice, {.id = "3",
                      .name = "x",
                      .path = "/hidden/board",
                      .content_type = "text/board",
                      .metadata = {{"board", "board"}}});
  const auto found = [&](const std::string& query) { return sorted_ids(store.search(alice, {.query = query}).items); };
  CHECK(found("report") == Ids{"1"});
  CHECK(found("REPORTS") == Ids{"1"});
  CHECK(found("quarterly-report.csv") == Ids{"1"});
  CHECK(found("figures") == Ids{"1"});
  CHECK(found("finance") == Ids{"1"});
  CHECK(found("board") == Ids{"1", "2"});
  CHECK(found("board finance") == Ids{"1"});
  CHECK(found("finance quarterly board") == Ids{"1"});
  CHECK(found("finance notes").empty());
  CHECK(found("\"board meeting\"") == Ids{"2"});
  CHECK(found("\"meeting board\"").empty());
  CHECK(found("run ubung") == Ids{"2"});
  CHECK(found("").empty());
  CHECK(found("!?").empty());
}

CONFORMANCE_TEST("fault 17: no text is a syntax error in a search for artifacts") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .name = "the user's report.csv", .purpose = "foo-bar status", .tags = {"C++"}});
  const auto found = [&](const std::string& query) { return ids(store.search(alice, {.query = query}).items); };
  for (const char* query : {"user's", "C++", "foo-bar", "report.csv", "status?", "\"foo bar", "(foo)", "foo*", "^foo",
                            "name:status", "-foo", "NEAR(foo", "{foo}", "foo;--", "+foo"}) {
    CAPTURE(query);
    static_cast<void>(found(query));
  }
  CHECK(found("user's") == Ids{"1"});
  CHECK(found("C++") == Ids{"1"});
  CHECK(found("foo-bar") == Ids{"1"});
  CHECK(found("foo AND status").empty());
  CHECK(found("purpose:status").empty());
  CHECK(code_of([&] { static_cast<void>(found(std::string(limits::query + 1, 'q'))); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(found("\xff")); }) == ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(found(std::string("a\0b", 3))); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 23: search returns no soft-deleted artifact and no outdated one") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .name = "apple", .purpose = "pear", .tags = {"plum"}});
  store.index(alice, {.id = "2", .name = "apple"});
  const auto found = [&](const std::string& query) { return sorted_ids(store.search(alice, {.query = query}).items); };
  REQUIRE(found("apple") == Ids{"1", "2"});
  store.remove(alice, "2", DeleteMode::soft);
  CHECK(found("apple") == Ids{"1"});
  CHECK(store.search(alice, {.query = "apple"}, {.limit = 1}).next.empty());

  // After each change only the current words of the artifact match.
  store.update(alice, "1", {.name = "cherry"});
  CHECK(found("apple").empty());
  CHECK(found("cherry pear plum") == Ids{"1"});
  store.update(alice, {.id = "1", .name = "cherry", .purpose = "grape", .revision = 2});
  CHECK(found("pear").empty());
  CHECK(found("plum").empty());
  CHECK(found("grape cherry") == Ids{"1"});
  store.record_access(alice, "1");
  CHECK(found("grape cherry") == Ids{"1"});
  store.remove(alice, "1", DeleteMode::hard);
  store.remove(alice, "2", DeleteMode::hard);
  CHECK(found("cherry").empty());
  store.index(alice, {.id = "1", .name = "fig"});
  CHECK(found("fig") == Ids{"1"});
  CHECK(found("cherry").empty());
}

CONFORMANCE_TEST("artifacts are counted") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .source = ArtifactSource::user, .size_bytes = 1});
  store.index(alice, {.id = "2", .source = ArtifactSource::user, .size_bytes = 20});
  store.index(alice, {.id = "3", .source = ArtifactSource::generated, .size_bytes = 300});
  store.index(alice, {.id = "4", .source = ArtifactSource::agent, .size_bytes = 4000});
  store.index(alice, {.id = "5", .source = ArtifactSource::generated, .size_bytes = 50000});
  store.index(bob, {.id = "1", .size_bytes = 7});
  store.remove(alice, "5", DeleteMode::soft);
  CHECK(store.statistics(alice) ==
        ArtifactStatistics{.files = 4, .bytes = 4321, .user_files = 2, .generated_files = 1, .deleted_files = 1});
  CHECK(store.statistics(bob) == ArtifactStatistics{.files = 1, .bytes = 7, .user_files = 1});
}

CONFORMANCE_TEST("the sum of bytes is exact, and never exceeds the maximum of its type") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  constexpr std::int64_t beyond_a_double = (std::int64_t{1} << 53U) + 1;
  store.index(alice, {.id = "1", .size_bytes = beyond_a_double});
  CHECK(store.statistics(alice).bytes == beyond_a_double);
  store.index(alice, {.id = "2", .size_bytes = (std::int64_t{1} << 32U) - 1});
  store.index(alice, {.id = "3", .size_bytes = 2});
  constexpr std::int64_t three = beyond_a_double + (std::int64_t{1} << 32U) + 1;
  CHECK(store.statistics(alice).bytes == three);
  store.index(alice, {.id = "4", .size_bytes = most - three - 1});
  CHECK(store.statistics(alice).bytes == most - 1);
  store.index(alice, {.id = "5", .size_bytes = 1});
  CHECK(store.statistics(alice).bytes == most);
  // A sum that is too large for its type must not make the call fail.
  store.index(alice, {.id = "6", .size_bytes = 1});
  CHECK(store.statistics(alice).bytes == most);
  store.index(alice, {.id = "7", .size_bytes = most});
  CHECK(store.statistics(alice) == ArtifactStatistics{.files = 7, .bytes = most, .user_files = 7});
}
