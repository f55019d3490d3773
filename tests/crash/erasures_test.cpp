#include "heddle/erasure.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/files_with.hpp"
#include "support/long_run.hpp"
#include "support/seed.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// A process is killed while it erases a tenant; the erasure goes on, and its receipt is the one that it would have
/// had.
namespace {

using heddle::Backend;
using heddle::Sqlite;
using support::ChildProcess;
using support::Parent;

const heddle::Context tenant = heddle::Context::for_user("zanzibar7788");
const heddle::Context other = heddle::Context::for_user("bob");

std::string digest(Backend<Sqlite>& backend, const heddle::Context& context) {
  return heddle::export_user(backend, context, [](std::string_view /*bytes*/) {}).records_checksum;
}

void fill(Backend<Sqlite>& backend, const heddle::Context& context) {
  auto& store = backend.session_storage();
  for (int session = 0; session < 40; ++session) {
    const std::string id = "s" + std::to_string(session);
    store.save_session(context, {.id = id});
    std::vector<heddle::Message> messages;
    for (int number = 0; number < 50; ++number) { messages.push_back({.content = id + " zanzibar7788"}); }
    store.save_messages(context, id, messages, {.idempotency_key = id});
    store.fold_messages(context, id, {2, 9}, {.snapshot_type = "summary", .content = "zanzibar7788"});
    store.rewind_session(context, id, 40);
    store.fork_session(context, id, 20, {.id = "fork of " + id});
    backend.artifact_store().put(context, {.id = "a" + id, .name = id, .session_id = id},
                                 std::string(30'000, 'x') + id);
    backend.error_store().store(context, {.id = "e" + id, .tool_name = "t", .raw_error = "zanzibar7788"});
  }
}

/// Copies the files of a database.
void copy_place(const std::filesystem::path& from, const std::filesystem::path& to) {
  std::filesystem::remove_all(to);
  std::filesystem::copy(from, to, std::filesystem::copy_options::recursive);
}

}  // namespace

TEST_CASE("child: erase until killed" * doctest::skip()) {
  Backend<Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  // At the latest behind the batch that the parent has chosen, from 1.
  int batches = Parent::number("HEDDLE_TEST_BATCHES");
  const auto die_behind_batch = [&](const heddle::ErasureProgress& /*progress*/) {
    if (--batches == 0) { Parent::die(); }
  };
  Parent::tell("b");
  heddle::erase_user(backend, tenant, {.idempotency_key = "k", .on_progress = die_behind_batch});
  Parent::tell("done");
}

TEST_CASE("an erasure that is killed goes on, counts nothing twice, and leaves nothing") {
  const support::TemporaryFolder folder;
  const std::filesystem::path source = folder.path() / "source";
  const std::filesystem::path place = folder.path() / "place";
  const std::string path = (place / "heddle.db").string();
  std::filesystem::create_directories(source);
  std::string of_other;
  {
    Backend<Sqlite> backend({.path = (source / "heddle.db").string()});
    backend.migrate();
    fill(backend, tenant);
    backend.session_storage().save_session(other, {.id = "kept"});
    backend.session_storage().save_message(other, "kept", {.content = "other words"});
    backend.artifact_store().put(other, {.id = "a", .name = "kept"}, std::string(30'000, 'y'));
    of_other = digest(backend, other);
  }
  const auto settings_for = [&](std::size_t batch) {
    return std::map<std::string, std::string>{{"HEDDLE_TEST_PATH", path},
                                              {"HEDDLE_TEST_BATCHES", std::to_string(batch)}};
  };
  copy_place(source, place);
  const auto whole = [&] {
    const ChildProcess child("child: erase until killed", settings_for(0));
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }();
  const heddle::ErasureReceipt expected = [&] {
    Backend<Sqlite> backend({.path = path});
    return heddle::erase_user(backend, tenant, {.idempotency_key = "k"});
  }();
  CHECK(expected.counts.at("messages") > 1600);
  CHECK(expected.files == 40);

  // How many rows are removed behind each batch of an erasure from its begin to its end.
  std::vector<std::int64_t> removed;
  const auto note = [&](const heddle::ErasureProgress& progress) { removed.push_back(progress.removed); };
  copy_place(source, place);
  {
    Backend<Sqlite> backend({.path = path});
    heddle::erase_user(backend, tenant, {.idempotency_key = "k", .on_progress = note});
  }
  const std::vector<std::int64_t> batches = removed;
  REQUIRE(batches.size() > 8);
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  std::map<std::string, int> ends;
  const std::int64_t kills = support::size_of_run(5, 200);
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    // The first ones behind a batch each, which leave half an erasure: the first, the last, and one between them. The
    // others at random moments.
    constexpr std::size_t behind_batches = 3;
    const auto kill = static_cast<std::size_t>(round);
    const std::size_t batch = kill < behind_batches ? 1 + kill * (batches.size() - 1) / (behind_batches - 1) : 0;
    copy_place(source, place);
    {
      ChildProcess child("child: erase until killed", settings_for(batch));
      child.wait_for_sign();
      if (batch == 0) {
        std::this_thread::sleep_for(
            std::chrono::microseconds(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
        child.kill();
      }
      CHECK((child.wait_for_kill() || batch == 0));
    }
    Backend<Sqlite> backend({.path = path});
    removed.assign(1, 0);
    const heddle::ErasureReceipt receipt =
        heddle::erase_user(backend, tenant, {.idempotency_key = "k", .on_progress = note});
    // It removed what the killed process has left.
    const std::int64_t rest = removed.back();
    if (batch != 0) { CHECK(rest == batches.back() - batches[batch - 1]); }
    ++ends[rest == batches.back() ? "begun anew" : rest == 0 ? "rows were gone" : "went on"];
    CHECK(receipt.counts == expected.counts);
    CHECK(receipt.files == expected.files);
    CHECK(receipt.bytes == expected.bytes);
    CHECK(support::files_with(place, "zanzibar7788").empty());
    CHECK(!std::filesystem::exists(place / "heddle.db-artifacts" / "zanzibar7788"));
    CHECK(digest(backend, other) == of_other);
    CHECK(backend.artifact_store().verify(other, "a") == heddle::ContentState::intact);
    CHECK(heddle::erase_user(backend, tenant, {.idempotency_key = "k"}) == receipt);
  }
  CHECK(ends["went on"] + ends["rows were gone"] >= 3);
  for (const auto& [end, times] : ends) { MESSAGE(end << ": " << times); }
}
