#pragma once

#include "heddle/copy.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

/// Processes that are killed while they copy all tenants.
namespace crash {

inline constexpr int tenants = 5;

inline heddle::Context tenant(int number) { return heddle::Context::for_user("tenant " + std::to_string(number)); }

/// A database in a file of its own, migrated.
class FilePlace {
 public:
  FilePlace() { open(setting()).migrate(); }

  /// Tells another process where it is.
  [[nodiscard]] std::string setting() const { return (folder_.path() / "heddle.db").string(); }
  [[nodiscard]] static heddle::Backend<heddle::Sqlite> open(const std::string& setting) {
    return heddle::Backend<heddle::Sqlite>({.path = setting, .administer_tenants = true});
  }

 private:
  support::TemporaryFolder folder_;
};

template <class Backend>
std::string digest_of(Backend& backend, const heddle::Context& context) {
  return heddle::export_user(backend, context, [](std::string_view /*bytes*/) {}).records_checksum;
}

/// Stores tenants of more than one batch each, with forks and contents.
template <class Backend>
void fill(Backend& backend) {
  auto& store = backend.session_storage();
  for (int number = 0; number < tenants; ++number) {
    const heddle::Context context = tenant(number);
    for (int session = 0; session < 10; ++session) {
      const std::string id = "s" + std::to_string(session);
      store.save_session(context, {.id = id});
      std::vector<heddle::Message> messages;
      for (int message = 0; message < 100; ++message) {
        messages.push_back({.content = context.user_id + id + "." + std::to_string(message)});
      }
      store.save_messages(context, id, messages, {.idempotency_key = id});
      store.fork_session(context, id, 20, {.id = "fork of " + id});
      backend.artifact_store().put(context, {.id = "a" + id, .name = id, .session_id = id},
                                   std::string(30'000, 'x') + id);
    }
  }
}

/// The child: copies until it is killed.
template <class From, class To>
void copy_until_killed() {
  auto from = From::open(support::Parent::setting("HEDDLE_TEST_SOURCE"));
  auto to = To::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  support::Parent::tell("b");
  heddle::copy(from, to);
  support::Parent::tell("done");
}

/// Kills children at random moments of a copy; it goes on each time, and nothing is lost or stored twice.
template <class From, class To>
void kill_copies(const std::string& child_case, std::uint32_t seed) {
  using Duration = std::chrono::microseconds;
  const From source;
  auto from = From::open(source.setting());
  fill(from);
  const auto settings_for = [&](const To& target) {
    return std::map<std::string, std::string>{{"HEDDLE_TEST_SOURCE", source.setting()},
                                              {"HEDDLE_TEST_TARGET", target.setting()}};
  };
  const Duration whole = [&] {
    const To target;
    const support::ChildProcess child(child_case, settings_for(target));
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
  }();
  std::mt19937 random(seed);
  std::int64_t resumed = 0;
  std::int64_t unchanged = 0;
  const std::int64_t kills = support::size_of_run(2, 200);
  for (std::int64_t round = 0; round < kills; ++round) {
    CAPTURE(round);
    const To target;
    {
      support::ChildProcess child(child_case, settings_for(target));
      child.wait_for_sign();
      std::this_thread::sleep_for(Duration(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
      child.kill();
      child.wait();
    }
    auto to = To::open(target.setting());
    const heddle::CopyReport report = heddle::copy(from, to);
    CHECK(report.tenants == tenants);
    resumed += report.resumed;
    unchanged += report.unchanged;
    for (int number = 0; number < tenants; ++number) {
      CAPTURE(number);
      CHECK(digest_of(to, tenant(number)) == digest_of(from, tenant(number)));
      CHECK(!heddle::abort_import(to, tenant(number)));
    }
    CHECK(heddle::copy(from, to).unchanged == tenants);
  }
  MESSAGE("tenants that were whole: " << unchanged << ", that went on: " << resumed);
}

}  // namespace crash
