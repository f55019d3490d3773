#include "heddle/copy.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// A process is killed while it copies all tenants; the copy goes on, and nothing is lost or stored twice.
namespace {

using heddle::Backend;
using heddle::Context;
using heddle::Sqlite;
using support::ChildProcess;
using support::Parent;

constexpr int tenants = 5;

Context tenant(int number) { return Context::for_user("tenant " + std::to_string(number)); }

std::string digest_of(Backend<Sqlite>& backend, const Context& context) {
  return heddle::export_user(backend, context, [](std::string_view) {}).records_checksum;
}

heddle::sqlite::Config source_config(const std::filesystem::path& path) {
  return {.path = path.string(), .administer_tenants = true};
}

void fill(const std::filesystem::path& path) {
  Backend<Sqlite> backend(source_config(path));
  backend.migrate();
  for (int number = 0; number < tenants; ++number) {
    const Context context = tenant(number);
    for (int session = 0; session < 10; ++session) {
      const std::string id = "s" + std::to_string(session);
      backend.session_storage().save_session(context, {.id = id});
      std::vector<heddle::Message> messages;
      for (int message = 0; message < 100; ++message) {
        messages.push_back({.content = context.user_id + id + "." + std::to_string(message)});
      }
      backend.session_storage().save_messages(context, id, messages, {.idempotency_key = id});
      backend.session_storage().fork_session(context, id, 20, {.id = "fork of " + id});
      backend.artifact_store().put(context, {.id = "a" + id, .name = id, .session_id = id},
                                   std::string(30'000, 'x') + id);
    }
  }
}

}  // namespace

TEST_CASE("child: copy until killed" * doctest::skip()) {
  Backend<Sqlite> from(source_config(Parent::setting("HEDDLE_TEST_SOURCE")));
  Backend<Sqlite> to({.path = Parent::setting("HEDDLE_TEST_PATH")});
  Parent::tell("b");
  heddle::copy(from, to);
  Parent::tell("done");
}

TEST_CASE("a copy that is killed goes on, and nothing is lost or stored twice") {
  const support::TemporaryFolder folder;
  const std::filesystem::path source = folder.path() / "source.db";
  const std::filesystem::path path = folder.path() / "target.db";
  fill(source);
  const std::map<std::string, std::string> child_settings{{"HEDDLE_TEST_SOURCE", source.string()},
                                                          {"HEDDLE_TEST_PATH", path.string()}};
  const auto begin_anew = [&path] {
    for (const char* suffix : {"", "-wal", "-shm"}) { std::filesystem::remove(path.string() + suffix); }
    Backend<Sqlite>({.path = path.string()}).migrate();
  };
  begin_anew();
  const auto whole = [&] {
    const ChildProcess child("child: copy until killed", child_settings);
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() - start);
  }();
  std::mt19937 random(std::random_device{}());
  std::int64_t resumed = 0;
  std::int64_t unchanged = 0;
  const std::int64_t kills = support::size_of_run(10, 200);
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    begin_anew();
    {
      ChildProcess child("child: copy until killed", child_settings);
      child.wait_for_sign();
      std::this_thread::sleep_for(
          std::chrono::microseconds(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
      child.kill();
      child.wait();
    }
    Backend<Sqlite> from(source_config(source));
    Backend<Sqlite> to({.path = path.string()});
    const heddle::CopyReport report = heddle::copy(from, to);
    CHECK(report.tenants == tenants);
    resumed += report.resumed;
    unchanged += report.unchanged;
    for (int number = 0; number < tenants; ++number) {
      CAPTURE(number);
      CHECK(digest_of(to, tenant(number)) == digest_of(from, tenant(number)));
      CHECK(!heddle::abort_import(to, tenant(number)));
    }
  }
  MESSAGE("tenants that were whole: " << unchanged << ", that went on: " << resumed);
}
