#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/describe_file.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;
namespace fs = std::filesystem;

namespace {

/// An artifact with every field set to something of its own.
Artifact full_artifact() {
  Artifact artifact;
  artifact.id = "a";
  artifact.name = "Grüße 世界 \"quoted\".csv";
  artifact.path = "/somewhere/else/it's.csv";
  artifact.source = ArtifactSource::generated;
  artifact.source_agent_id = "writer";
  artifact.purpose = "a purpose\nof two lines";
  artifact.content_type = "text/csv";
  artifact.size_bytes = 9007199254740993;
  artifact.checksum = std::string(64, 'c');
  artifact.created_at = Timestamp{1700000000123456us};
  artifact.last_accessed_at = Timestamp{1700000000999999us};
  artifact.access_count = 7;
  artifact.tags = {"b", "a", "with \"quotes\"", "[\"x\"]", "\\", "ä"};
  artifact.metadata = {{"k\"ey", "v\nalue"}, {"", ""}};
  return artifact;
}

std::vector<std::string> ids(const std::vector<Artifact>& artifacts) {
  std::vector<std::string> list;
  for (const auto& artifact : artifacts) { list.push_back(artifact.id); }
  return list;
}

std::vector<std::string> sorted_ids(const std::vector<Artifact>& artifacts) {
  auto list = ids(artifacts);
  std::sort(list.begin(), list.end());
  return list;
}

using Ids = std::vector<std::string>;

/// A file in a folder of the backend, with its description.
Artifact write_file(const fs::path& folder, const std::string& name) {
  fs::create_directories(folder);
  std::ofstream(folder / name) << "content of " << name;
  const auto described = describe_file(folder / name);
  return {.id = name,
          .name = name,
          .path = (folder / name).string(),
          .size_bytes = described.size_bytes,
          .checksum = described.checksum};
}

}  // namespace

CONFORMANCE_TEST("an artifact is given back as it was stored") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  for (const auto& session : {std::optional<std::string>(), std::optional<std::string>("s")}) {
    Artifact artifact = full_artifact();
    artifact.session_id = session;
    const Timestamp before = now();
    CHECK(store.index(alice, artifact) == "a");
    auto loaded = store.get(alice, "a");
    REQUIRE(loaded.has_value());
    CHECK(loaded->updated_at >= before);
    artifact.updated_at = loaded->updated_at;
    CHECK(*loaded == artifact);
    CHECK(store.get_by_name(alice, artifact.name, session) == loaded);
    CHECK(store.list(alice).items == std::vector{*loaded});
    CHECK(store.search(alice, "purpose").items == std::vector{*loaded});
  }
}

CONFORMANCE_TEST("an artifact without id and times is given them") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const Timestamp before = now();
  const std::string id = store.index(alice, {.name = "n"});
  CHECK(id.size() == 36);
  CHECK(id != store.index(alice, {.name = "n"}));
  const auto loaded = store.get(alice, id).value();
  CHECK(loaded.created_at >= before);
  CHECK(loaded.created_at <= now());
  CHECK(loaded.updated_at >= loaded.created_at);
  CHECK(loaded == Artifact{.id = id, .name = "n", .created_at = loaded.created_at, .updated_at = loaded.updated_at});
}

CONFORMANCE_TEST("indexing again updates, and keeps what is the store's own") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, full_artifact());
  REQUIRE(store.record_access(alice, "a"));
  const auto before = store.get(alice, "a").value();

  Artifact changed{.id = "a", .name = "new", .source = ArtifactSource::agent, .tags = {"t"}};
  changed.created_at = Timestamp{1us};
  changed.access_count = 99;
  changed.last_accessed_at = Timestamp{2us};
  const auto keeps_its_own = [&] {
    const auto after = store.get(alice, "a").value();
    changed.created_at = before.created_at;
    changed.access_count = 8;
    changed.last_accessed_at = before.last_accessed_at;
    changed.updated_at = after.updated_at;
    CHECK(after == changed);
    CHECK(after.updated_at >= before.updated_at);
  };
  CHECK(store.index(alice, changed) == "a");
  keeps_its_own();

  changed = {.id = "a", .name = "newer", .purpose = "p", .metadata = {{"k", "v"}}};
  changed.created_at = Timestamp{1us};
  changed.access_count = 99;
  changed.deleted_at = now();  // set by `remove` only
  CHECK(store.update(alice, changed));
  changed.deleted_at.reset();
  keeps_its_own();
  CHECK(store.statistics(alice).files == 1);
}

CONFORMANCE_TEST("update answers false if there is nothing to update") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  CHECK_FALSE(store.update(alice, full_artifact()));
  CHECK_FALSE(store.get(alice, "a").has_value());
  store.index(alice, full_artifact());
  REQUIRE(store.remove(alice, "a", DeleteMode::soft));
  CHECK_FALSE(store.update(alice, full_artifact()));
  CHECK(code_of([&] { store.update(alice, {.name = "no id"}); }) == ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("fault 7: a soft-deleted artifact is not saved over") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, full_artifact());
  REQUIRE(store.remove(alice, "a", DeleteMode::soft));
  const auto before = store.list(alice, {.include_deleted = true}).items;
  REQUIRE(before.size() == 1);
  REQUIRE(before[0].deleted_at.has_value());

  CHECK(code_of([&] { store.index(alice, {.id = "a", .name = "new"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { store.index(alice, before[0]); }) == ErrorCode::failed_precondition);
  CHECK(store.list(alice, {.include_deleted = true}).items == before);
  // What is given with an artifact is not a way to delete it, or to store one that nobody sees.
  Artifact fresh = before[0];
  fresh.id = "b";
  store.index(alice, fresh);
  CHECK(store.get(alice, "b").has_value());
}

CONFORMANCE_TEST("fault 27: what is not there is an empty optional or false, and no error") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  CHECK_FALSE(store.get(alice, "none").has_value());
  CHECK_FALSE(store.get_by_name(alice, "none").has_value());
  CHECK_FALSE(store.get_by_name(alice, "none", "none").has_value());
  CHECK_FALSE(store.record_access(alice, "none"));
  CHECK_FALSE(store.remove(alice, "none", DeleteMode::soft));
  CHECK_FALSE(store.remove(alice, "none", DeleteMode::hard));
  CHECK(store.list(alice).items.empty());
  CHECK(store.list(alice, {.session_id = "none"}).items.empty());
  CHECK(store.search(alice, "none").items.empty());
  CHECK(store.statistics(alice) == ArtifactStatistics{});
}

CONFORMANCE_TEST("a name is looked up in a session or among those without one, the newest first") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  add_session(backend, alice, "s2");
  const auto add = [&](const std::string& id, std::optional<std::string> session, std::chrono::microseconds created) {
    store.index(alice, {.id = id, .name = "n", .created_at = Timestamp{created}, .session_id = std::move(session)});
  };
  add("old", {}, 10us);
  add("new", {}, 30us);
  add("mid", {}, 20us);
  add("in s", "s", 5us);
  add("in s, later", "s", 6us);
  CHECK(store.get_by_name(alice, "n").value().id == "new");
  CHECK(store.get_by_name(alice, "n", "s").value().id == "in s, later");
  CHECK_FALSE(store.get_by_name(alice, "n", "s2").has_value());
  CHECK_FALSE(store.get_by_name(alice, "N").has_value());
  store.remove(alice, "new", DeleteMode::soft);
  CHECK(store.get_by_name(alice, "n").value().id == "mid");
}

CONFORMANCE_TEST("a list is narrowed by every part of its filter") {
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

CONFORMANCE_TEST("fault 29: a list of many artifacts of one time is met whole, page by page") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  Ids expected;
  for (int i = 0; i < 250; ++i) {
    // Three moments for all of them.
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
  // A cursor does not lead beyond the end of the time range.
  const auto page = store.list(alice, {}, {.limit = 5});
  CHECK(
      store.list(alice, {.created_until = Timestamp{2us}}, {.limit = 1, .cursor = page.next}).items.at(0).created_at ==
      Timestamp{1us});

  // Search has a default limit of 20 and gives everything once, too.
  CHECK(store.search(alice, "word").items.size() == 20);
  for (const std::int64_t limit : {1, 99, 250}) {
    const auto all = all_pages(limit, [&](const PageRequest& request) { return store.search(alice, "word", request); });
    CHECK(sorted_ids(all) == [&] {
      auto list = expected;
      std::sort(list.begin(), list.end());
      return list;
    }());
  }
}

CONFORMANCE_TEST("limits and cursors that are not this list's are refused") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  for (int i = 0; i < 3; ++i) { store.index(alice, {.name = "word"}); }
  const std::string of_list = store.list(alice, {}, {.limit = 1}).next;
  const std::string of_search = store.search(alice, "word", {.limit = 1}).next;
  REQUIRE_FALSE(of_list.empty());
  REQUIRE_FALSE(of_search.empty());
  for (const PageRequest& request :
       {PageRequest{.limit = -1}, PageRequest{.limit = limits::page + 1}, PageRequest{.cursor = "nonsense"},
        PageRequest{.cursor = "s1.x"}, PageRequest{.cursor = std::string("i1.\0", 4)}, PageRequest{.cursor = "i"},
        PageRequest{.cursor = "j-5."}, PageRequest{.cursor = "i99999999999999999999."}}) {
    CAPTURE(request.cursor);
    if (request.cursor != "j-5.") {
      CHECK(code_of([&] { static_cast<void>(store.list(alice, {}, request)); }) == ErrorCode::invalid_argument);
    }
    CHECK(code_of([&] { static_cast<void>(store.search(alice, "word", request)); }) == ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(store.list(alice, {}, {.cursor = of_search})); }) ==
        ErrorCode::invalid_argument);
  CHECK(code_of([&] { static_cast<void>(store.search(alice, "word", {.cursor = of_list})); }) ==
        ErrorCode::invalid_argument);
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
  const auto found = [&](const std::string& query) { return sorted_ids(store.search(alice, query).items); };
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
  const auto found = [&](const std::string& query) { return ids(store.search(alice, query).items); };
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

CONFORMANCE_TEST("fault 23: search gives no soft-deleted artifact, and nothing that is out of date") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "1", .name = "apple", .purpose = "pear", .tags = {"plum"}});
  store.index(alice, {.id = "2", .name = "apple"});
  const auto found = [&](const std::string& query) { return sorted_ids(store.search(alice, query).items); };
  REQUIRE(found("apple") == Ids{"1", "2"});
  store.remove(alice, "2", DeleteMode::soft);
  CHECK(found("apple") == Ids{"1"});
  CHECK(store.search(alice, "apple", {.limit = 1}).next.empty());

  // After each change the words are those of the artifact as it is now.
  store.index(alice, {.id = "1", .name = "cherry", .purpose = "pear", .tags = {"plum"}});
  CHECK(found("apple").empty());
  CHECK(found("cherry pear plum") == Ids{"1"});
  store.update(alice, {.id = "1", .name = "cherry", .purpose = "grape"});
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

CONFORMANCE_TEST("fault 12: an artifact belongs to a tenant, and another tenant's is as good as none") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  Artifact artifact = full_artifact();
  artifact.session_id = "s";
  store.index(alice, artifact);
  const auto before = store.get(alice, "a");

  CHECK_FALSE(store.get(bob, "a").has_value());
  CHECK_FALSE(store.get_by_name(bob, artifact.name).has_value());
  CHECK_FALSE(store.get_by_name(bob, artifact.name, "s").has_value());
  CHECK(store.list(bob, {.include_deleted = true}).items.empty());
  CHECK(store.list(bob, {.session_id = "s", .include_deleted = true}).items.empty());
  CHECK(store.search(bob, "purpose").items.empty());
  CHECK_FALSE(store.update(bob, {.id = "a", .name = "of bob"}));
  CHECK_FALSE(store.record_access(bob, "a"));
  CHECK_FALSE(store.remove(bob, "a", DeleteMode::soft));
  CHECK_FALSE(store.remove(bob, "a", DeleteMode::hard));
  CHECK(store.statistics(bob) == ArtifactStatistics{});
  CHECK(store.folder(bob, ArtifactFolder::user) != store.folder(alice, ArtifactFolder::user));

  // Alice's session is no session for bob, whether he has the artifact or not.
  const auto refused = [&](const std::string& id, const std::string& session) {
    const Error error = support::error_of([&] { store.index(bob, {.id = id, .session_id = session}); });
    CHECK(error.code() == ErrorCode::not_found);
    return std::string(error.what());
  };
  CHECK(refused("a", "s") == refused("a", "never"));
  store.index(bob, {.id = "own"});
  CHECK(code_of([&] { store.update(bob, {.id = "own", .session_id = "s"}); }) == ErrorCode::not_found);
  store.remove(bob, "own", DeleteMode::hard);

  // The same id is free for bob, and what he does with it leaves alice's alone.
  CHECK(store.index(bob, {.id = "a", .name = "of bob", .purpose = "purpose"}) == "a");
  CHECK(store.search(bob, "purpose").items.size() == 1);
  CHECK(store.get(bob, "a").value().name == "of bob");
  REQUIRE(store.record_access(bob, "a"));
  REQUIRE(store.remove(bob, "a", DeleteMode::soft));
  REQUIRE(store.remove(bob, "a", DeleteMode::hard));
  CHECK(store.get(alice, "a") == before);
  CHECK(ids(store.search(alice, "purpose").items) == Ids{"a"});
}

CONFORMANCE_TEST("an artifact's session must be there, and takes its artifacts with it") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  add_session(backend, alice, "s2");
  add_session(backend, bob, "s");
  CHECK(code_of([&] { store.index(alice, {.id = "a", .session_id = "none"}); }) == ErrorCode::not_found);
  CHECK_FALSE(store.get(alice, "a").has_value());

  const auto file = write_file(store.folder(alice, ArtifactFolder::scratchpad, "s"), "a");
  for (auto [context, id, session] : {std::tuple(alice, "a", std::optional<std::string>("s")),
                                      {alice, "b", "s"},
                                      {alice, "other", "s2"},
                                      {alice, "free", {}},
                                      {bob, "a", "s"}}) {
    store.index(context, {.id = id, .name = "word", .path = file.path, .session_id = session});
  }
  store.remove(alice, "b", DeleteMode::soft);
  const auto of_bob = write_file(store.folder(bob, ArtifactFolder::agent, "s"), "f");
  // An artifact moves to another session by saving it, and no more goes with the old one.
  store.index(alice, {.id = "moved", .name = "word", .session_id = "s"});
  store.update(alice, {.id = "moved", .name = "word", .session_id = "s2"});

  REQUIRE(backend.session_storage().delete_session(alice, "s"));
  CHECK(sorted_ids(store.list(alice, {.include_deleted = true}).items) == Ids{"free", "moved", "other"});
  CHECK(sorted_ids(store.search(alice, "word").items) == Ids{"free", "moved", "other"});
  CHECK_FALSE(fs::exists(store.folder(alice, ArtifactFolder::scratchpad, "s").parent_path()));
  CHECK(store.get(bob, "a").has_value());
  CHECK(ids(store.search(bob, "word").items) == Ids{"a"});
  CHECK(fs::exists(of_bob.path));
}

CONFORMANCE_TEST("soft deletion hides an artifact and leaves its file") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  store.index(alice, artifact);
  const auto stored = store.get(alice, "f").value();
  const Timestamp before = now();
  CHECK(store.remove(alice, "f", DeleteMode::soft));
  CHECK_FALSE(store.remove(alice, "f", DeleteMode::soft));
  CHECK_FALSE(store.get(alice, "f").has_value());
  CHECK_FALSE(store.get_by_name(alice, "f").has_value());
  CHECK_FALSE(store.record_access(alice, "f"));
  CHECK(store.list(alice).items.empty());
  CHECK(fs::exists(artifact.path));
  auto hidden = store.list(alice, {.include_deleted = true}).items.at(0);
  CHECK(hidden.deleted_at.value() >= before);
  hidden.deleted_at.reset();
  CHECK(hidden == stored);

  CHECK(store.remove(alice, "f", DeleteMode::hard));
  CHECK_FALSE(store.remove(alice, "f", DeleteMode::hard));
  CHECK(store.list(alice, {.include_deleted = true}).items.empty());
  CHECK_FALSE(fs::exists(artifact.path));
}

CONFORMANCE_TEST("fault 1: hard deletion removes a file of the tenant's own folder and nothing else") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  support::TemporaryFolder elsewhere;
  const auto own = store.folder(alice, ArtifactFolder::user);
  const auto in_session = write_file(store.folder(alice, ArtifactFolder::agent, "s"), "in session");
  const auto of_bob = write_file(store.folder(bob, ArtifactFolder::user), "of bob");
  const auto outside = write_file(elsewhere.path(), "outside");
  const auto kept = write_file(own / "folder", "kept");
  fs::create_directory_symlink(elsewhere.path(), own / "link");
  fs::create_symlink(outside.path, own / "linked file");

  store.index(alice, in_session);
  CHECK(store.remove(alice, in_session.id, DeleteMode::hard));
  CHECK_FALSE(fs::exists(in_session.path));

  const auto bobs_folder = store.folder(bob, ArtifactFolder::user).parent_path().filename();
  const std::vector<fs::path> hostile{of_bob.path,
                                      outside.path,
                                      own / "folder",
                                      own,
                                      own / "..",
                                      own.parent_path(),
                                      own.parent_path().parent_path(),
                                      own / ".." / ".." / bobs_folder / "user" / "of bob",
                                      own / "folder" / ".." / "folder" / "kept",
                                      own / "link" / "outside",
                                      own / "linked file",
                                      own / "none",
                                      "../../etc",
                                      "/",
                                      ".",
                                      ""};
  for (const auto& path : hostile) {
    CAPTURE(path.string());
    store.index(alice, {.id = "hostile", .name = "h", .path = path.string()});
    CHECK(store.remove(alice, "hostile", DeleteMode::hard));
    CHECK_FALSE(store.get(alice, "hostile").has_value());
  }
  for (const auto& file : {of_bob.path, outside.path, kept.path}) { CHECK(fs::exists(file)); }
  CHECK(fs::exists(own));
}

CONFORMANCE_TEST("a file goes with the last artifact that describes it") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  artifact.id = "first";
  store.index(alice, artifact);
  artifact.id = "second";
  store.index(alice, artifact);
  store.index(bob, artifact);
  CHECK(store.remove(alice, "first", DeleteMode::hard));
  CHECK(fs::exists(artifact.path));
  // Bob's description of alice's file neither keeps nor removes it.
  CHECK(store.remove(alice, "second", DeleteMode::hard));
  CHECK_FALSE(fs::exists(artifact.path));
  std::ofstream(artifact.path) << "again";
  CHECK(store.remove(bob, "second", DeleteMode::hard));
  CHECK(fs::exists(artifact.path));
}

CONFORMANCE_TEST("accesses are counted, also those of many threads at once") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "a", .name = "n"});
  const auto before = store.get(alice, "a").value();
  CHECK_FALSE(before.last_accessed_at.has_value());
  const Timestamp start = now();
  CHECK(store.record_access(alice, "a"));
  auto after = store.get(alice, "a").value();
  CHECK(after.access_count == 1);
  CHECK(after.last_accessed_at.value() >= start);
  CHECK(after.updated_at == before.updated_at);

  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 25; ++j) { store.record_access(alice, "a"); }
    });
  }
  for (auto& thread : threads) { thread.join(); }
  CHECK(store.get(alice, "a").value().access_count == 101);
  // A clock that goes backwards, or a copy from the future, does not take a later access back.
  const Timestamp future = now() + 1h;
  store.index(alice, {.id = "b", .last_accessed_at = future});
  store.record_access(alice, "b");
  CHECK(store.get(alice, "b").value().last_accessed_at == future);
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

CONFORMANCE_TEST("bytes are added up to the last one, and never beyond what the number holds") {
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
  // A sum that is too large for the number is no reason to fail for ever.
  store.index(alice, {.id = "6", .size_bytes = 1});
  CHECK(store.statistics(alice).bytes == most);
  store.index(alice, {.id = "7", .size_bytes = most});
  CHECK(store.statistics(alice) == ArtifactStatistics{.files = 7, .bytes = most, .user_files = 7});
}

CONFORMANCE_TEST("a count of accesses that can go no further stays, and the access is noted all the same") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max();
  store.index(alice, {.id = "a", .access_count = most - 1});
  for (int repeat = 0; repeat < 2; ++repeat) {
    CHECK(store.record_access(alice, "a"));
    CHECK(store.get(alice, "a")->access_count == most);
  }
  CHECK(store.get(alice, "a")->last_accessed_at.has_value());
}

CONFORMANCE_TEST("fault 30: a write with an idempotency key happens once") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  add_session(backend, alice, "s");
  const Artifact artifact{.name = "n", .tags = {"t"}, .metadata = {{"k", "v"}}, .session_id = "s"};
  const std::string id = store.index(alice, artifact, {.idempotency_key = "index"});
  CHECK(store.index(alice, artifact, {.idempotency_key = "index"}) == id);
  CHECK(store.statistics(alice).files == 1);
  // Bob's keys are his own.
  CHECK(store.index(bob, {.name = "n"}, {.idempotency_key = "index"}) != id);

  for (int repeat = 0; repeat < 3; ++repeat) { CHECK(store.record_access(alice, id, {.idempotency_key = "access"})); }
  CHECK(store.get(alice, id).value().access_count == 1);
  CHECK_FALSE(store.record_access(alice, "none", {.idempotency_key = "access none"}));
  store.index(alice, {.id = "none"});
  CHECK_FALSE(store.record_access(alice, "none", {.idempotency_key = "access none"}));

  CHECK(store.update(alice, {.id = id, .name = "second"}, {.idempotency_key = "update"}));
  CHECK(store.update(alice, {.id = id, .name = "third"}));
  CHECK(store.update(alice, {.id = id, .name = "second"}, {.idempotency_key = "update"}));
  CHECK(store.get(alice, id).value().name == "third");

  CHECK(store.remove(alice, id, DeleteMode::soft, {.idempotency_key = "remove"}));
  CHECK(store.remove(alice, id, DeleteMode::soft, {.idempotency_key = "remove"}));
  CHECK(store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove hard"}));
  CHECK(store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove hard"}));

  // For other content, and for another operation, a key cannot be used again.
  const auto refused = [&](auto&& action) { CHECK(code_of(action) == ErrorCode::invalid_argument); };
  Artifact other = artifact;
  const auto index_refused = [&](auto&& change) {
    other = artifact;
    change();
    refused([&] { store.index(alice, other, {.idempotency_key = "index"}); });
  };
  index_refused([&] { other.id = "x"; });
  index_refused([&] { other.name = "x"; });
  index_refused([&] { other.purpose = "x"; });
  index_refused([&] { other.source = ArtifactSource::agent; });
  index_refused([&] { other.size_bytes = 1; });
  index_refused([&] { other.created_at = Timestamp{1us}; });
  index_refused([&] { other.access_count = 1; });
  index_refused([&] { other.last_accessed_at = Timestamp{1us}; });
  index_refused([&] { other.tags.clear(); });
  index_refused([&] { other.metadata.clear(); });
  index_refused([&] { other.session_id.reset(); });
  refused([&] { store.remove(alice, id, DeleteMode::hard, {.idempotency_key = "remove"}); });
  refused([&] { store.remove(alice, "x", DeleteMode::soft, {.idempotency_key = "remove"}); });
  refused([&] { store.record_access(alice, id, {.idempotency_key = "remove"}); });
  refused([&] { store.record_access(alice, id, {.idempotency_key = std::string(limits::id + 1, 'k')}); });

  // A failure is not remembered.
  const Artifact early{.id = "early", .session_id = "later"};
  CHECK(code_of([&] { store.index(alice, early, {.idempotency_key = "early"}); }) == ErrorCode::not_found);
  add_session(backend, alice, "later");
  CHECK(store.index(alice, early, {.idempotency_key = "early"}) == "early");
}

CONFORMANCE_TEST("fault 30: a repeated hard deletion leaves the file alone that has the path by then") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto artifact = write_file(store.folder(alice, ArtifactFolder::user), "f");
  store.index(alice, artifact);
  const auto remove = [&] { return store.remove(alice, "f", DeleteMode::hard, {.idempotency_key = "k"}); };
  CHECK(remove());
  CHECK_FALSE(fs::exists(artifact.path));
  write_file(store.folder(alice, ArtifactFolder::user), "f");
  CHECK(remove());
  CHECK(fs::exists(artifact.path));
}

CONFORMANCE_TEST("fault 6: what cannot be stored faithfully is refused before anything is sent") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  store.index(alice, {.id = "a", .name = "before"});
  const std::string nul("a\0b", 3);
  const std::string long_name(limits::name + 1, 'n');
  std::vector<Artifact> refused;
  const auto add = [&](auto&& change) {
    Artifact artifact{.id = "a"};
    change(artifact);
    refused.push_back(artifact);
  };
  for (const std::string& text : {nul, std::string("\xff"), std::string("\xed\xa0\x80")}) {
    add([&](Artifact& a) { a.id = text; });
    add([&](Artifact& a) { a.name = text; });
    add([&](Artifact& a) { a.path = text; });
    add([&](Artifact& a) { a.source_agent_id = text; });
    add([&](Artifact& a) { a.purpose = text; });
    add([&](Artifact& a) { a.content_type = text; });
    add([&](Artifact& a) { a.checksum = text; });
    add([&](Artifact& a) { a.tags = {"t", text}; });
    add([&](Artifact& a) { a.metadata = {{text, "v"}}; });
    add([&](Artifact& a) { a.metadata = {{"k", text}}; });
    add([&](Artifact& a) { a.session_id = text; });
  }
  add([&](Artifact& a) { a.id = std::string(limits::id + 1, 'i'); });
  add([&](Artifact& a) { a.name = long_name; });
  add([&](Artifact& a) { a.path = long_name; });
  add([&](Artifact& a) { a.content_type = long_name; });
  add([&](Artifact& a) { a.checksum = long_name; });
  add([&](Artifact& a) { a.tags = {long_name}; });
  add([&](Artifact& a) { a.tags = {"two\nlines"}; });
  add([&](Artifact& a) { a.tags.assign(limits::list + 1, "t"); });
  add([&](Artifact& a) { a.metadata = {{long_name, "v"}}; });
  add([&](Artifact& a) { a.session_id = ""; });
  add([&](Artifact& a) { a.session_id = std::string(limits::id + 1, 'i'); });
  add([&](Artifact& a) { a.source = static_cast<ArtifactSource>(9); });
  add([&](Artifact& a) { a.size_bytes = -1; });
  add([&](Artifact& a) { a.access_count = -1; });
  add([&](Artifact& a) { a.created_at = Timestamp::max(); });
  for (const Artifact& artifact : refused) {
    CHECK(code_of([&] { store.index(alice, artifact); }) == ErrorCode::invalid_argument);
    CHECK(code_of([&] { store.update(alice, artifact); }) == ErrorCode::invalid_argument);
  }
  CHECK(store.get(alice, "a").value().name == "before");
  CHECK(store.statistics(alice).files == 1);

  const auto is_refused = [&](auto&& action) { CHECK(code_of(action) == ErrorCode::invalid_argument); };
  for (const std::string& id : {std::string(), nul, std::string(limits::id + 1, 'i')}) {
    is_refused([&] { static_cast<void>(store.get(alice, id)); });
    is_refused([&] { store.remove(alice, id, DeleteMode::soft); });
    is_refused([&] { store.remove(alice, id, DeleteMode::hard); });
    is_refused([&] { store.record_access(alice, id); });
    is_refused([&] { static_cast<void>(store.get_by_name(alice, "n", id)); });
    is_refused([&] { static_cast<void>(store.folder(alice, ArtifactFolder::user, id)); });
    is_refused([&] { static_cast<void>(store.list(alice, {.session_id = id})); });
  }
  is_refused([&] { static_cast<void>(store.get_by_name(alice, nul)); });
  is_refused([&] { static_cast<void>(store.list(alice, {.source = static_cast<ArtifactSource>(9)})); });
  is_refused([&] { static_cast<void>(store.list(alice, {.content_type = nul})); });
  is_refused([&] { static_cast<void>(store.list(alice, {.tags = {nul}})); });
  is_refused([&] { store.remove(alice, "a", static_cast<DeleteMode>(9)); });
  is_refused([&] { store.index(alice, {.id = "a"}, {.expected_sequence = 1}); });
  is_refused([&] { store.update(alice, {.id = "a"}, {.expected_sequence = 1}); });
  is_refused([&] { store.remove(alice, "a", DeleteMode::hard, {.expected_sequence = 1}); });
  is_refused([&] { store.record_access(alice, "a", {.expected_sequence = 1}); });

  // Just within the caps.
  Artifact large{.id = std::string(limits::id, 'i'), .name = std::string(limits::name, 'n')};
  large.tags.assign(limits::list, "t");
  store.index(alice, large);
  CHECK(store.get(alice, large.id).value().tags == large.tags);
}

CONFORMANCE_TEST("fault 1: folders lie in the tenant's own, whatever the ids are, and are not made") {
  Subject subject;
  auto& store = subject.backend().artifact_store();
  const auto user = store.folder(alice, ArtifactFolder::user);
  const auto root = user.parent_path().parent_path();
  CHECK(user == root / "alice" / "user");
  CHECK(user.is_absolute());
  CHECK(store.folder(alice, ArtifactFolder::temp) == root / "alice" / "temp");
  CHECK(store.folder(alice, ArtifactFolder::user, "s") == root / "alice" / "sessions" / "s" / "user");
  CHECK(store.folder(alice, ArtifactFolder::agent, "s") == root / "alice" / "sessions" / "s" / "agent");
  CHECK(store.folder(alice, ArtifactFolder::scratchpad, "s") == root / "alice" / "sessions" / "s" / "scratchpad");
  for (const char* hostile : {"..", ".", "../..", "/etc", "a/../../b", "\\", "%2e%2e"}) {
    CAPTURE(hostile);
    const auto of_session = store.folder(alice, ArtifactFolder::user, hostile);
    CHECK(of_session.parent_path().parent_path() == root / "alice" / "sessions");
    CHECK(of_session.lexically_normal() == of_session);
    const auto of_user = store.folder(Context::for_user(hostile), ArtifactFolder::user);
    CHECK(of_user.parent_path().parent_path() == root);
    CHECK(of_user.lexically_normal() == of_user);
  }
  CHECK_FALSE(fs::exists(root));
  for (const auto kind : {ArtifactFolder::agent, ArtifactFolder::scratchpad}) {
    CHECK(code_of([&] { static_cast<void>(store.folder(alice, kind)); }) == ErrorCode::invalid_argument);
  }
  CHECK(code_of([&] { static_cast<void>(store.folder(alice, ArtifactFolder::temp, "s")); }) ==
        ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("after closing, the artifact store refuses every call") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.artifact_store();
  backend.close();
  CHECK(code_of([&] { store.index(alice, {.name = "n"}); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.list(alice)); }) == ErrorCode::failed_precondition);
  CHECK(code_of([&] { static_cast<void>(store.folder(alice, ArtifactFolder::user)); }) ==
        ErrorCode::failed_precondition);
}
