#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Imports that have not ended: what others see meanwhile, how they go on, and how they are undone.

namespace {

/// Fills a tenant with more records than one batch has.
template <class Backend>
void fill_batches(Backend& backend) {
  fill(backend, alice);
  add_session(backend, alice, "long");
  std::vector<Message> many;
  for (int number = 0; number < 1200; ++number) { many.push_back(says("number " + std::to_string(number))); }
  backend.session_storage().save_messages(alice, "long", many);
}

/// Returns a stream that can be verified, and fails when its last record is stored: the record is there already.
std::string failing(const std::string& stream) {
  auto lines = lines_of(stream);
  const std::string version = R"({"type":"artifact_version")";
  for (std::size_t line = 0; line < lines.size(); ++line) {
    if (lines[line].find(version) != 0) { continue; }
    lines.insert(lines.begin() + static_cast<std::ptrdiff_t>(line), lines[line]);
    break;
  }
  return sealed(lines);
}

}  // namespace

CONFORMANCE_TEST("an import that fails is hidden, keeps others out, and is undone") {
  Subject subject;
  Subject other;
  fill_batches(subject.backend());
  const std::string stream = exported(subject.backend(), alice).bytes;
  auto& target = other.backend();
  auto& store = target.session_storage();
  add_session(target, bob, "b");
  const auto refused = [](auto&& call) { return code_of(call) == ErrorCode::failed_precondition; };
  CHECK(code_of([&] { import_user(target, alice, failing(stream)); }) == ErrorCode::already_exists);

  CHECK(store.list_sessions(alice).items.empty());
  CHECK(!store.load_session(alice, "root").has_value());
  CHECK(store.load_messages(alice, "root").items.empty());
  CHECK(store.search_messages(alice, {.query = "number"}).items.empty());
  CHECK(store.statistics(alice) == SessionStatistics{});
  CHECK(store.usage(alice).items.empty());
  CHECK(target.error_store().list(alice).items.empty());
  CHECK(target.human_request_store().list_pending(alice).items.empty());
  // Among what is removed neither: the stream has a removed one.
  for (const bool deleted : {false, true}) {
    CHECK(target.artifact_store().list(alice, {.include_deleted = deleted}).items.empty());
  }
  CHECK(target.artifact_store().search(alice, {.query = "report"}).items.empty());
  CHECK(target.artifact_store().statistics(alice) == ArtifactStatistics{});
  CHECK(!target.artifact_store().get(alice, "a1").has_value());

  CHECK(refused([&] { add_session(target, alice, "new"); }));
  CHECK(refused([&] { target.error_store().store(alice, {.tool_name = "t", .raw_error = "e"}); }));
  CHECK(refused([&] { target.artifact_store().put(alice, {.id = "n", .name = "n"}, "x"); }));
  CHECK(refused([&] { target.human_request_store().store(alice, {.agent_id = "a", .question = "q"}); }));
  CHECK(refused([&] { target.result_store().store(alice, {.table = {{"a"}, {}}}); }));
  CHECK(code_of([&] { store.save_message(alice, "root", says("x")); }) == ErrorCode::not_found);
  CHECK(refused([&] { exported(target, alice); }));
  CHECK(refused([&] { import_user(target, alice, stream); }));
  // Others do not notice.
  store.save_message(bob, "b", says("x"));
  add_session(target, bob, "c");
  CHECK(exported(target, bob).report.records > 0);

  CHECK(abort_import(target, alice));
  CHECK(!abort_import(target, alice));
  CHECK(exported(target, alice).report.records <= 1);  // the quota
  CHECK(target.artifact_store().content_usage(alice).stored_bytes == 0);
  add_session(target, alice, "new");
  CHECK(store.delete_session(alice, "new"));
  CHECK(!import_user(target, alice, stream, {.artifact_quota = true}).resumed);
  CHECK(exported(target, alice).bytes == stream);
  CHECK(store.list_sessions(bob).items.size() == 2);
}

CONFORMANCE_TEST("an import that was stopped goes on with the same stream") {
  Subject subject;
  Subject other;
  fill_batches(subject.backend());
  const Exported stream = exported(subject.backend(), alice);
  auto& target = other.backend();
  std::stop_source stop;
  const Context stopped = alice.with_stop(stop.get_token());
  std::int64_t stored = 0;
  CHECK(code_of([&] {
          import_user(target, stopped, stream.bytes, {.on_progress = [&](const ImportProgress& progress) {
                        stored = progress.stored;
                        CHECK(progress.records == stream.report.records);
                        stop.request_stop();
                      }});
        }) == ErrorCode::cancelled);
  CHECK(stored > 0);
  CHECK(stored < stream.report.records);
  CHECK(code_of([&] { exported(target, alice); }) == ErrorCode::failed_precondition);

  std::vector<std::int64_t> steps;
  const ImportReport report = import_user(target, alice, stream.bytes,
                                          {.artifact_quota = true, .on_progress = [&](const ImportProgress& progress) {
                                             steps.push_back(progress.stored);
                                           }});
  CHECK(report.resumed);
  CHECK(report.records == stream.report.records);
  REQUIRE(!steps.empty());
  CHECK(steps.front() > stored);
  CHECK(steps.back() == stream.report.records);
  CHECK(exported(target, alice).bytes == stream.bytes);
}

CONFORMANCE_TEST("an import whose observer throws goes on where it was left, also after the last batch") {
  Subject subject;
  Subject other;
  fill_batches(subject.backend());
  const Exported stream = exported(subject.backend(), alice);
  auto& target = other.backend();
  struct Enough {};
  int calls = 0;
  std::optional<ImportReport> report;
  while (!report) {
    try {
      report = import_user(target, alice, stream.bytes,
                           {.artifact_quota = true, .on_progress = [](const ImportProgress&) { throw Enough(); }});
    } catch (const Enough&) { ++calls; }
  }
  CHECK(report->resumed);
  CHECK(calls >= 3);
  CHECK(exported(target, alice).bytes == stream.bytes);
}
