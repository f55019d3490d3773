#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Imports that have not ended: what others see meanwhile, how they go on, and how they are undone.

namespace {

/// Fills a tenant with more records than one batch has.
template <class Backend>
void fill_batches(Backend& backend, int messages = 1200) {
  fill(backend, alice);
  add_session(backend, alice, "long");
  std::vector<Message> many;
  for (int number = 0; number < messages; ++number) { many.push_back(says("number " + std::to_string(number))); }
  backend.session_storage().save_messages(alice, "long", many);
}

/// Returns the code of the error that a call throws; nothing if it throws none.
template <class Action>
std::optional<ErrorCode> failure_of(Action&& action) {
  try {
    action();
    return std::nullopt;
  } catch (const Error& error) { return error.code(); }
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
  CHECK(target.artifact_store().list(alice, {.include_deleted = false}).items.empty());
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
  CHECK(!import_user(target, alice, stream).resumed);
  CHECK(exported(target, alice).bytes == stream);
  CHECK(store.list_sessions(bob).items.size() == 2);
}

CONFORMANCE_TEST("an import that was stopped goes on with the same stream") {
  Subject subject;
  Subject other;
  fill_batches(subject.backend(), 6000);
  const Exported stream = exported(subject.backend(), alice);
  auto& target = other.backend();
  bool resumed = false;
  // A stop can come too late, most of all on a busy machine.
  for (int attempt = 0; attempt < 200 && !resumed; ++attempt) {
    const Context tenant = Context::for_user("tenant " + std::to_string(attempt));
    std::stop_source stop;
    Context stopped = tenant;
    stopped.stop = stop.get_token();
    std::optional<ErrorCode> code;
    {
      const std::jthread importer(
          [&] { code = failure_of([&] { import_user(target, stopped, stream.bytes, {.into_other_tenant = true}); }); });
      bool ended = false;
      const auto has_begun = [&] {
        const auto failure = failure_of([&] { ended = exported(target, tenant).report.records != 0; });
        return failure == ErrorCode::failed_precondition;
      };
      while (!has_begun() && !ended) { std::this_thread::yield(); }
      stop.request_stop();
    }
    if (code != ErrorCode::cancelled) { continue; }
    resumed = import_user(target, tenant, stream.bytes, {.into_other_tenant = true}).resumed;
    CHECK(exported(target, tenant).report.records_checksum == stream.report.records_checksum);
  }
  CHECK(resumed);
}
