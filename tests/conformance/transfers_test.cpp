#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Whole tenants as streams, out and in again.

namespace {

/// Compares what two backends return of the sessions of alice, member by member.
template <class From, class To>
void check_same_sessions(From& from, To& to) {
  auto& one = from.session_storage();
  auto& two = to.session_storage();
  const auto ids = one.list_sessions(alice).items;
  REQUIRE(two.list_sessions(alice).items == ids);
  for (const std::string& id : ids) {
    CAPTURE(id);
    CHECK(is_same(*one.load_session(alice, id), *two.load_session(alice, id)));
    CHECK(one.load_messages(alice, id).items == two.load_messages(alice, id).items);
    CHECK(one.load_messages(alice, id, MessageWindow{}).messages ==
          two.load_messages(alice, id, MessageWindow{}).messages);
    CHECK(one.list_branches(alice, id).items == two.list_branches(alice, id).items);
    CHECK(one.list_tool_executions(alice, id).items == two.list_tool_executions(alice, id).items);
    CHECK(one.load_snapshots(alice, id, "summary").items == two.load_snapshots(alice, id, "summary").items);
    CHECK(one.open_tool_calls(alice, id).items == two.open_tool_calls(alice, id).items);
  }
  CHECK(one.usage(alice).items == two.usage(alice).items);
  CHECK(one.statistics(alice) == two.statistics(alice));
  for (const char* query : {"heddle", "message", "heir", "seventh"}) {
    CHECK(texts(one.search_messages(alice, {.query = query}).items) ==
          texts(two.search_messages(alice, {.query = query}).items));
  }
}

template <class From, class To>
void check_same_records(From& from, To& to) {
  CHECK(from.error_store().list(alice).items == to.error_store().list(alice).items);
  for (const char* id : {"h1", "h2"}) {
    CHECK(from.human_request_store().get(alice, id) == to.human_request_store().get(alice, id));
  }
  CHECK(from.result_store().list(alice).items == to.result_store().list(alice).items);
  const std::string select = "SELECT * FROM result";
  CHECK(from.result_store().query(alice, "r1", select) == to.result_store().query(alice, "r1", select));
  auto& one = from.artifact_store();
  auto& two = to.artifact_store();
  CHECK(one.list(alice, {.include_deleted = true}).items == two.list(alice, {.include_deleted = true}).items);
  CHECK(one.search(alice, {.query = "report"}).items == two.search(alice, {.query = "report"}).items);
  CHECK(one.content_usage(alice) == two.content_usage(alice));
  for (const char* id : {"a1", "a2", "a3"}) {
    CHECK(one.versions(alice, id).items == two.versions(alice, id).items);
    for (const auto version : versions_of(one, alice, id)) {
      CHECK(content_of(one, alice, id, version) == content_of(two, alice, id, version));
      CHECK(two.verify(alice, id, version) == ContentState::intact);
    }
  }
}

}  // namespace

CONFORMANCE_TEST("a tenant goes out as a stream and comes in again, member by member") {
  Subject subject;
  auto& backend = subject.backend();
  fill(backend, alice);
  add_session(backend, bob, "root");
  const Exported stream = exported(backend, alice);
  CHECK(stream.report.bytes == static_cast<std::int64_t>(stream.bytes.size()));
  CHECK(exported(backend, alice).bytes == stream.bytes);
  CHECK(stream.bytes.find(R"("bob")") == std::string::npos);
  const auto lines = lines_of(stream.bytes);
  CHECK(static_cast<std::int64_t>(lines.size()) == stream.report.records + 2);
  CHECK(lines.front().starts_with(R"({"type":"header","format":1,"schema":)"));
  CHECK(lines.front().ends_with(R"(,"tenant":"alice","time":1700000000000000})"));
  CHECK(lines.back().find(R"({"type":"trailer","counts":{"session":)") == 0);
  CHECK(lines.back().find(stream.report.checksum) != std::string::npos);
  CHECK(stream.report.counts.size() == 21);

  Subject other;
  auto& target = other.backend();
  add_session(target, bob, "root");
  const ImportReport report = import_user(target, alice, stream.bytes, {.artifact_quota = true});
  CHECK(report.counts == stream.report.counts);
  CHECK(report.records == stream.report.records);
  CHECK(report.checksum == stream.report.checksum);
  CHECK(!report.resumed);
  CHECK(exported(target, alice).bytes == stream.bytes);
  check_same_sessions(backend, target);
  check_same_records(backend, target);
  CHECK(target.session_storage().list_sessions(bob).items == Ids{"root"});
  // Keys repeat, sessions go on where they ended, branches are shared.
  auto& store = target.session_storage();
  CHECK(store.save_message(alice, "root", full_message(), {.idempotency_key = "first"}) == 1);
  const auto end = store.load_messages(alice, "root", MessageWindow{}).end;
  CHECK(store.save_message(alice, "root", says("next")) == end.sequence + 1);
  CHECK(store.delete_session(alice, "root"));
  CHECK(texts(store.load_messages(alice, "heir").items) == std::vector<std::string>{"one", "two", "three of the heir"});
  CHECK(store.load_messages(alice, "fork").items.size() == 8);
  CHECK(!abort_import(target, alice));
}
