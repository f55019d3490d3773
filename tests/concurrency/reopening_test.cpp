#include "concurrency/file_backend.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/crew.hpp"
#include "support/ledger.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// Two backends on one file in one process, opened and closed in any order while other processes write. Child processes
/// run the skipped test case.
namespace {

using namespace std::chrono_literals;
using support::ChildProcess;
using support::Parent;
using Backend = heddle::Backend<heddle::Sqlite>;
using Clock = std::chrono::steady_clock;

constexpr int threads = 8;
constexpr int processes = 2;

heddle::sqlite::Config config_of(const std::string& path, bool wal) {
  // The file is small: checkpoints and resets of the log come from opening and closing.
  return {.path = path, .wal = wal, .durability = heddle::sqlite::Durability::normal, .readers = 1, .cache_kib = 256};
}

/// Returns true if the message was acknowledged. With many writers and a rollback journal a call can wait in vain, and
/// opening and closing switch the journal; nothing else may fail.
bool save(Backend& backend, const std::string& content) {
  try {
    backend.session_storage().save_message({}, "session", support::saying(content));
    return true;
  } catch (const heddle::Error& error) {
    if (error.code() != heddle::ErrorCode::unavailable || error.in_doubt()) {
      FAIL_CHECK(content << ": " << std::string(error.what()));
    }
    return false;
  }
}

std::shared_ptr<Backend> try_to_open(const std::string& path, bool wal) {
  try {
    return std::make_shared<Backend>(config_of(path, wal));
  } catch (const heddle::Error& error) {
    if (error.code() != heddle::ErrorCode::unavailable) { FAIL_CHECK(std::string(error.what())); }
    return nullptr;
  }
}

/// A place for one of the two backends: threads open it, close it and save through it.
class Place {
 public:
  std::shared_ptr<Backend> get() {
    const std::lock_guard lock(mutex_);
    return backend_;
  }
  void set(std::shared_ptr<Backend> backend) {
    const std::lock_guard lock(mutex_);
    backend_.swap(backend);
  }

 private:
  std::mutex mutex_;
  std::shared_ptr<Backend> backend_;
};

}  // namespace

TEST_CASE("child: open and save and close for some time" * doctest::skip()) {
  const std::string path = Parent::setting("HEDDLE_TEST_PATH");
  const std::string name = Parent::setting("HEDDLE_TEST_NAME");
  const bool wal = Parent::number("HEDDLE_TEST_WAL") == 1;
  const auto end = Clock::now() + std::chrono::seconds(Parent::number("HEDDLE_TEST_SECONDS"));
  Parent::tell("r");
  for (int round = 0; Clock::now() < end; ++round) {
    const auto backend = try_to_open(path, wal);
    if (!backend) { continue; }
    for (int number = 0; number < round % 10; ++number) {
      const std::string content = name + "." + std::to_string(round) + "." + std::to_string(number);
      if (save(*backend, content)) { Parent::tell(content + "\n"); }
    }
  }
}

TEST_CASE("two backends on one file, opened and closed by 8 threads beside 2 processes, lose nothing acknowledged") {
  bool wal = true;
  SUBCASE("with a write-ahead log") { wal = true; }
  SUBCASE("with a rollback journal") { wal = false; }
  concurrency::FileBackend file;
  (*file).close();
  const std::string path = file.path().string();
  const auto seconds = support::size_of_run(1, 60);

  std::vector<std::unique_ptr<ChildProcess>> children;
  for (int process = 0; process < processes; ++process) {
    children.push_back(std::make_unique<ChildProcess>(
        "child: open and save and close for some time",
        std::map<std::string, std::string>{{"HEDDLE_TEST_PATH", path},
                                           {"HEDDLE_TEST_NAME", "process" + std::to_string(process)},
                                           {"HEDDLE_TEST_WAL", wal ? "1" : "0"},
                                           {"HEDDLE_TEST_SECONDS", std::to_string(seconds)}}));
  }
  std::vector<std::string> reports(children.size());
  std::vector<std::jthread> listeners;
  for (std::size_t index = 0; index < children.size(); ++index) {
    children[index]->wait_for_sign();
    // Meanwhile, because a child waits when its pipe is full.
    listeners.emplace_back([&, index] { reports[index] = children[index]->read_to_end(); });
  }

  std::array<Place, 2> places;
  std::array<std::vector<std::string>, threads> acknowledged;
  const auto end = Clock::now() + std::chrono::seconds(seconds);
  support::together(threads, [&](int thread) {
    std::mt19937 random(static_cast<unsigned>(thread));
    auto& saved = acknowledged.at(static_cast<std::size_t>(thread));
    for (int round = 0; Clock::now() < end; ++round) {
      Place& place = places.at(random() % places.size());
      switch (random() % 8) {
        case 0: place.set(nullptr); break;  // the last thread that uses it closes it
        case 1: place.set(try_to_open(path, wal)); break;
        default: {
          const auto backend = place.get();
          const std::string content = "thread" + std::to_string(thread) + "." + std::to_string(round);
          if (backend && save(*backend, content)) { saved.push_back(content); }
        }
      }
    }
  });
  for (Place& place : places) { place.set(nullptr); }

  std::multiset<std::string> expected;
  for (const auto& saved : acknowledged) { expected.insert(saved.begin(), saved.end()); }
  const std::size_t by_threads = expected.size();
  for (std::size_t index = 0; index < children.size(); ++index) {
    listeners[index].join();
    std::istringstream report(reports[index]);
    for (std::string content; std::getline(report, content);) { expected.insert(content); }
    CHECK(children[index]->wait());
  }
  MESSAGE(by_threads << " messages of threads and " << expected.size() - by_threads << " of processes");
  CHECK(by_threads > 0);
  CHECK(expected.size() > by_threads);
  Backend backend(config_of(path, wal));
  std::multiset<std::string> stored;
  backend.session_storage().for_each_message({}, "session",
                                             [&](const heddle::Message& message) { stored.insert(message.content); });
  CHECK(stored == expected);
  CHECK(concurrency::RawConnection(path).damage() == "");
}
