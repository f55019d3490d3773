#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/seed.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// A process is killed while it imports a tenant; the import goes on, or is undone, and nothing is lost or stored
/// twice.
namespace {

using heddle::Backend;
using heddle::Sqlite;
using support::ChildProcess;
using support::Parent;
using namespace std::chrono_literals;

const heddle::Context tenant = heddle::Context::for_user("alice");

std::string exported(Backend<Sqlite>& backend) {
  std::string stream;
  heddle::export_user(backend, tenant, [&](std::string_view bytes) { stream += bytes; },
                      {.time = heddle::Timestamp(std::chrono::microseconds(1'700'000'000'000'000))});
  return stream;
}

/// Writes the stream of a tenant with forks, folds and contents to a file, and returns it.
std::string write_stream(const std::filesystem::path& folder) {
  Backend<Sqlite> backend({.path = (folder / "source.db").string()});
  backend.migrate();
  auto& store = backend.session_storage();
  for (int session = 0; session < 40; ++session) {
    const std::string id = "s" + std::to_string(session);
    store.save_session(tenant, {.id = id});
    std::vector<heddle::Message> messages;
    for (int number = 0; number < 50; ++number) { messages.push_back({.content = id + "." + std::to_string(number)}); }
    store.save_messages(tenant, id, messages, {.idempotency_key = id});
    store.fold_messages(tenant, id, {2, 9}, {.snapshot_type = "summary", .content = "two to nine"});
    store.rewind_session(tenant, id, 40);
    store.fork_session(tenant, id, 20, {.id = "fork of " + id});
    backend.artifact_store().put(tenant, {.id = "a" + id, .name = id, .session_id = id}, std::string(30'000, 'x') + id);
    backend.error_store().store(tenant, {.id = "e" + id, .tool_name = "t", .raw_error = "e"});
  }
  std::string stream = exported(backend);
  std::ofstream(folder / "stream", std::ios::binary) << stream;
  return stream;
}

std::map<std::string, std::string> settings(const std::filesystem::path& database, const std::filesystem::path& stream,
                                            std::int64_t batches) {
  return {{"HEDDLE_TEST_PATH", database.string()},
          {"HEDDLE_TEST_STREAM", stream.string()},
          {"HEDDLE_TEST_BATCHES", std::to_string(batches)}};
}

}  // namespace

TEST_CASE("child: import until killed" * doctest::skip()) {
  Backend<Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  // At the latest behind the batch that the parent has chosen, from 1.
  int batches = Parent::number("HEDDLE_TEST_BATCHES");
  const auto die_behind_batch = [&](const heddle::ImportProgress& /*progress*/) {
    if (--batches == 0) { Parent::die(); }
  };
  Parent::tell("b");
  heddle::import_user(backend, tenant, std::filesystem::path(Parent::setting("HEDDLE_TEST_STREAM")),
                      {.on_progress = die_behind_batch});
  Parent::tell("done");
}

TEST_CASE("an import that is killed goes on or is undone, and nothing is lost or stored twice") {
  const support::TemporaryFolder folder;
  const std::filesystem::path path = folder.path() / "target.db";
  const std::string stream = write_stream(folder.path());
  const auto settings_for = [&](std::int64_t batches) { return settings(path, folder.path() / "stream", batches); };
  Backend<Sqlite>({.path = path.string()}).migrate();
  const auto whole = [&] {
    const ChildProcess child("child: import until killed", settings_for(0));
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }();
  INFO("HEDDLE_TEST_SEED=" << support::seed());
  std::mt19937 random(support::seed());
  std::map<std::string, int> ends;
  const std::int64_t kills = support::size_of_run(20, 200);
  // The first ones behind a batch each, which leave half an import; the others at random moments.
  constexpr std::int64_t batches = 4;
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    const std::int64_t batch = round < batches ? round + 1 : 0;
    for (const char* suffix : {"", "-wal", "-shm"}) { std::filesystem::remove(path.string() + suffix); }
    Backend<Sqlite>({.path = path.string()}).migrate();
    {
      ChildProcess child("child: import until killed", settings_for(batch));
      child.wait_for_sign();
      if (batch == 0) {
        std::this_thread::sleep_for(
            std::chrono::microseconds(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
        child.kill();
      }
      CHECK((child.wait_for_kill() || batch == 0));
    }
    Backend<Sqlite> backend({.path = path.string()});
    const bool has_ended = !backend.session_storage().list_sessions(tenant).items.empty();
    if (has_ended) {
      ++ends["whole"];
    } else if (batch != 0 ? batch % 2 == 0 : random() % 2 == 0) {
      ++ends[heddle::abort_import(backend, tenant) ? "undone" : "not begun"];
      CHECK(exported(backend).find("\"counts\":{}") != std::string::npos);
      heddle::import_user(backend, tenant, stream);
    } else {
      ++ends[heddle::import_user(backend, tenant, stream).resumed ? "resumed" : "begun anew"];
    }
    CHECK(exported(backend) == stream);
    CHECK(!heddle::abort_import(backend, tenant));
  }
  CHECK(ends["resumed"] >= batches / 2);
  CHECK(ends["undone"] >= batches / 2);
  for (const auto& [end, times] : ends) { MESSAGE(end << ": " << times); }
}
