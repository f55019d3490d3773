// Imports on SQLite, where tenants share numbers, and where a raw connection can make what no call makes.
#include "heddle/erasure.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

using namespace heddle;

namespace {

const Context alice = Context::for_user("alice");
const Context bob = Context::for_user("bob");

struct Stream {
  std::string bytes{};
  ExportReport report{};
};

Stream exported(Backend<Sqlite>& backend, const Context& context) {
  Stream stream;
  stream.report = export_user(backend, context, [&](std::string_view bytes) { stream.bytes += bytes; });
  return stream;
}

/// Returns a stream with branches, more summaries than a batch has, and an artifact. If it has an ancestor, its first
/// 500 records, which are one batch, end with the branch of a session that is gone, before the segments that share its
/// messages.
Stream source_stream(bool has_ancestor) {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "ancestor"});
  store.save_messages(alice, "ancestor", std::vector<Message>{{.content = "one"}, {.content = "two"}});
  const int heirs = has_ancestor ? 248 : 1;
  for (int number = 0; number < heirs; ++number) {
    const std::string id = "heir " + std::to_string(number);
    store.fork_session(alice, "ancestor", 2, {.id = id});
    store.save_message(alice, id, {.content = "three of " + id});
  }
  if (has_ancestor) { store.delete_session(alice, "ancestor"); }
  // Further branches have numbers of their own.
  for (int rewind = 0; rewind < (has_ancestor ? 1 : 4); ++rewind) {
    store.rewind_session(alice, "heir 0", 2);
    store.save_message(alice, "heir 0", {.content = "another third"});
  }
  store.save_session(alice, {.id = "folded"});
  constexpr int folds = 600;
  store.save_messages(alice, "folded", std::vector<Message>(std::size_t{2} * folds, Message{.content = "x"}));
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    store.fold_messages(alice, "folded", {2 * fold + 1, 2 * fold + 2}, {.content = "sum " + std::to_string(fold)});
  }
  backend.artifact_store().index(alice, {.id = "a", .name = "a", .path = "/elsewhere"});
  Stream stream = exported(backend, alice);
  if (has_ancestor) { REQUIRE(stream.report.counts.at("session") + stream.report.counts.at("branch") == 500); }
  REQUIRE(stream.report.counts.at("summary") == folds);
  return stream;
}

struct Enough {};

/// Imports up to a number of batches. Returns false if there are fewer.
bool begin_import(Backend<Sqlite>& backend, const Context& context, const std::string& stream, int batches) {
  const auto stop = [&](const ImportProgress& /*progress*/) {
    if (--batches == 0) { throw Enough(); }
  };
  try {
    import_user(backend, context, stream, {.into_other_tenant = true, .on_progress = stop});
    return false;
  } catch (const Enough&) { return true; }
}

}  // namespace

TEST_CASE("to undo an import takes nothing from another tenant's that has not ended") {
  const Stream undone = source_stream(false);
  const Stream source = source_stream(true);
  int most_batches = 0;
  for (bool more = true; more; ++most_batches) {
    CAPTURE(most_batches);
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "heddle.db").string();
    Backend<Sqlite> backend({.path = path});
    backend.migrate();
    support::RawDatabase raw(path);
    const auto stop_at_end = [](const ImportProgress& progress) {
      if (progress.stored == progress.records) { throw Enough(); }
    };
    CHECK_THROWS_AS(import_user(backend, alice, undone.bytes, {.on_progress = stop_at_end}), Enough);
    // It is left after the sessions are gone, whose branches and folds had numbers that are free then.
    raw.execute("CREATE TRIGGER stop BEFORE DELETE ON artifacts BEGIN SELECT RAISE(ABORT, 'stop'); END");
    CHECK(support::code_of([&] { abort_import(backend, alice); }) == ErrorCode::failed_precondition);
    raw.execute("DROP TRIGGER stop");
    CHECK(raw.integer("SELECT count(*) FROM sessions WHERE user_id = 'alice'") == 0);
    more = begin_import(backend, bob, source.bytes, most_batches + 1);
    CHECK(abort_import(backend, alice));
    CHECK(exported(backend, alice).report.records == 0);
    if (more) { CHECK(import_user(backend, bob, source.bytes, {.into_other_tenant = true}).resumed); }
    CHECK(exported(backend, bob).report.records_checksum == source.report.records_checksum);
    CHECK(raw.text("PRAGMA integrity_check") == "ok");
  }
  CHECK(most_batches > 5);
}

TEST_CASE("an erasure ends that finds indexed messages of an import which no session has") {
  const Stream source = source_stream(true);
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  import_user(backend, alice, source.bytes);
  // Again: the sessions are there, so that the messages which come a second time lie in branches of none.
  const auto stop_at_end = [](const ImportProgress& progress) {
    if (progress.stored == progress.records) { throw Enough(); }
  };
  CHECK_THROWS_AS(
      import_user(backend, alice, source.bytes, {.on_conflict = OnConflict::skip, .on_progress = stop_at_end}), Enough);
  support::RawDatabase raw(path);
  const auto wait_for_index = [&] {
    while (raw.integer("SELECT EXISTS (SELECT 1 FROM search_queue) OR EXISTS (SELECT 1 FROM search_removals)") != 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
  };
  wait_for_index();
  // What is removed leaves the index before the next is removed.
  const ErasureReceipt receipt =
      erase_user(backend, alice.with_timeout(std::chrono::seconds(20)),
                 {.on_progress = [&](const ErasureProgress& /*progress*/) { wait_for_index(); }});
  CHECK(receipt.counts.at("messages") == 2 * source.report.counts.at("message"));
  CHECK(exported(backend, alice).report.records == 0);
}

TEST_CASE("an erasure of a tenant whose number in the index is lost is refused, and does not wait for ever") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  support::RawDatabase raw(path);
  raw.execute("INSERT INTO search_removals (key, user_id, content) VALUES (1, 'alice', 'one')");
  CHECK(support::code_of([&] { erase_user(backend, alice.with_timeout(std::chrono::seconds(20))); }) ==
        ErrorCode::data_loss);
}

TEST_CASE("a session of an earlier version with the id that imports use is not taken for theirs") {
  const Stream source = source_stream(false);
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite> backend({.path = path});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "mine"});
  store.save_message(alice, "mine", {.content = "of alice"});
  support::RawDatabase(path).execute("UPDATE sessions SET id = char(1) || 'import' WHERE id = 'mine'");
  const auto import = [&] { import_user(backend, alice, source.bytes, {.on_conflict = OnConflict::skip}); };
  CHECK(support::code_of(import) == ErrorCode::failed_precondition);
  CHECK(store.load_messages(alice, "\x01import").items.size() == 1);
  CHECK(!abort_import(backend, alice));
  CHECK(store.delete_session(alice, "\x01import"));
  import();
  CHECK(store.load_session(alice, "heir 0").has_value());
}
