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
#include <utility>
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

/// The child: copies until it is killed, at the latest behind the batch that the parent has chosen, from 1.
template <class From, class To>
void copy_until_killed() {
  auto from = From::open(support::Parent::setting("HEDDLE_TEST_SOURCE"));
  auto to = To::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  int batches = support::Parent::number("HEDDLE_TEST_BATCHES");
  const auto die_behind_batch = [&](const heddle::CopyProgress& progress) {
    if (progress.state == heddle::CopyState::storing && --batches == 0) { support::Parent::die(); }
  };
  support::Parent::tell("b");
  heddle::copy(from, to, {}, {.on_progress = die_behind_batch});
  support::Parent::tell("done");
}

/// What the copies that went on after kills report, in all.
struct Continued {
  std::int64_t kills = 0;
  std::int64_t copied = 0;
  std::int64_t unchanged = 0;
  std::int64_t resumed = 0;

  void add(const heddle::CopyReport& report) {
    ++kills;
    copied += report.copied;
    unchanged += report.unchanged;
    resumed += report.resumed;
  }
};

/// Kills children that copy all tenants; the copy goes on each time, and nothing is lost or stored twice.
template <class From, class To>
class KilledCopies {
 public:
  explicit KilledCopies(std::string child_case) : child_case_(std::move(child_case)) { fill(from_); }

  /// Behind batches: a tenant is half imported then, and those before it are whole.
  Continued kill_behind_batches() {
    const std::vector<std::int64_t> tenants_of_batches = list_batches();
    const auto batches = static_cast<std::int64_t>(tenants_of_batches.size());
    REQUIRE(batches > 2 * tenants);
    const std::int64_t kills = support::size_of_run(4, batches);
    Continued continued;
    for (std::int64_t kill = 0; kill < kills; ++kill) {
      // The first, the last, and some between them.
      const std::int64_t batch = 1 + kill * (batches - 1) / (kills - 1);
      CAPTURE(batch);
      const To target;
      {
        support::ChildProcess child(child_case_, settings_for(target, batch));
        child.wait_for_sign();
        CHECK(child.wait_for_kill());
      }
      const heddle::CopyReport report = go_on(target);
      CHECK(report.resumed == 1);
      CHECK(report.unchanged == tenants_of_batches[static_cast<std::size_t>(batch - 1)] - 1);
      continued.add(report);
    }
    return continued;
  }

  /// At random moments.
  Continued kill_at_any_time(std::uint32_t seed) {
    using Duration = std::chrono::microseconds;
    const Duration whole = [&] {
      const To target;
      const support::ChildProcess child(child_case_, settings_for(target, 0));
      child.wait_for_sign();
      const auto start = std::chrono::steady_clock::now();
      CHECK(child.read_to_end() == "done");
      return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
    }();
    std::mt19937 random(seed);
    Continued continued;
    const std::int64_t kills = support::size_of_run(2, 200);
    for (std::int64_t round = 0; round < kills; ++round) {
      CAPTURE(round);
      const To target;
      {
        support::ChildProcess child(child_case_, settings_for(target, 0));
        child.wait_for_sign();
        std::this_thread::sleep_for(Duration(random() % static_cast<std::uint32_t>(whole.count() + 1000)));
        child.kill();
        child.wait();
      }
      continued.add(go_on(target));
    }
    MESSAGE("tenants that were whole: " << continued.unchanged << ", that went on: " << continued.resumed);
    return continued;
  }

 private:
  [[nodiscard]] std::map<std::string, std::string> settings_for(const To& target, std::int64_t batches) const {
    return {{"HEDDLE_TEST_SOURCE", source_.setting()},
            {"HEDDLE_TEST_TARGET", target.setting()},
            {"HEDDLE_TEST_BATCHES", std::to_string(batches)}};
  }

  /// Returns the number of the tenant of each batch of a whole copy.
  std::vector<std::int64_t> list_batches() {
    const To target;
    auto to = To::open(target.setting());
    std::vector<std::int64_t> list;
    const auto note = [&](const heddle::CopyProgress& progress) {
      if (progress.state == heddle::CopyState::storing) { list.push_back(progress.number); }
    };
    CHECK(heddle::copy(from_, to, {}, {.on_progress = note}).copied == tenants);
    return list;
  }

  /// Copies to the end, and compares.
  heddle::CopyReport go_on(const To& target) {
    auto to = To::open(target.setting());
    heddle::CopyReport report = heddle::copy(from_, to);
    CHECK(report.tenants == tenants);
    for (int number = 0; number < tenants; ++number) {
      CAPTURE(number);
      CHECK(digest_of(to, tenant(number)) == digest_of(from_, tenant(number)));
      CHECK(!heddle::abort_import(to, tenant(number)));
    }
    CHECK(heddle::copy(from_, to).unchanged == tenants);
    return report;
  }

  std::string child_case_;
  From source_{};
  decltype(From::open(std::string())) from_ = From::open(source_.setting());
};

}  // namespace crash
