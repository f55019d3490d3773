#include "concurrency/raw_connection.hpp"
#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "support/crew.hpp"
#include "support/ledger.hpp"
#include "support/long_run.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

/// A disk that fails at each of SQLite's requests in turn. An operation throws an Error or has succeeded; what it
/// returned is stored afterwards; an error that is not in doubt has changed nothing.
namespace {

using concurrency::RawConnection;
using crash::Fault;
using crash::FaultyVfs;
using crash::Request;
using heddle::ErrorCode;
using support::saying;
using support::turn_named;

/// How the disk fails.
struct Kind {
  std::string name;
  Fault fault;
};

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{
      {"write fails", {.request = Request::write}},
      {"write fails, disk full", {.request = Request::write, .code = SQLITE_FULL}},
      {"write fails, and all after it", {.request = Request::write, .lasting = true}},
      {"disk full from that point on", {.request = Request::write, .code = SQLITE_FULL, .lasting = true}},
      {"written, but the result is lost", {.request = Request::write, .done_first = true}},
      {"sync fails", {.request = Request::sync, .code = SQLITE_IOERR_FSYNC}},
      {"sync fails, and all after it", {.request = Request::sync, .code = SQLITE_IOERR_FSYNC, .lasting = true}},
      {"synced, but the result is lost", {.request = Request::sync, .code = SQLITE_IOERR_FSYNC, .done_first = true}},
      {"open fails", {.request = Request::open}},
      {"read fails", {.request = Request::read, .code = SQLITE_IOERR_READ}},
      {"read fails, and all after it", {.request = Request::read, .code = SQLITE_IOERR_READ, .lasting = true}},
      {"truncate fails", {.request = Request::truncate, .code = SQLITE_IOERR_TRUNCATE}},
      {"delete fails", {.request = Request::remove, .code = SQLITE_IOERR_DELETE}},
      {"size is unknown", {.request = Request::size, .code = SQLITE_IOERR_FSTAT}},
      {"no shared memory", {.request = Request::map_shared_memory, .code = SQLITE_IOERR_SHMMAP}},
  };
  return all;
}

/// A small cache and small steps, so that faults occur between them; no memory mapping, so that every page is read by a
/// request.
heddle::sqlite::Config config(const std::filesystem::path& path, bool wal) {
  // Indexes at once, so that each request is one of the call.
  return {.path = path.string(),
          .wal = wal,
          .busy_timeout = std::chrono::milliseconds(50),
          .indexing = heddle::sqlite::Indexing::immediate,
          .cache_kib = 64,
          .mmap_bytes = 0};
}

/// The outcome of a call.
enum class Became { stored, nothing, in_doubt };

template <class Action>
Became outcome_of(Action&& action) {
  try {
    action();
    return Became::stored;
  } catch (const heddle::Error& error) {
    // A disk fault must not be reported as an error of the caller or of Heddle.
    const ErrorCode code = error.code();
    if (code == ErrorCode::invalid_argument || code == ErrorCode::internal) {
      FAIL_CHECK("a fault of the disk was reported as " << std::string(heddle::to_string(code)) << ": "
                                                        << std::string(error.what()));
    }
    return error.in_doubt() ? Became::in_doubt : Became::nothing;
  }
}

/// A database with known content, and calls whose outcome is recorded.
class Scenario {
 public:
  static void prepare(const heddle::sqlite::Config& config) {
    heddle::Backend<heddle::Sqlite> backend(config);
    backend.migrate();
    auto& store = backend.session_storage();
    for (const char* const id : {"session", "doomed"}) {
      heddle::Session session;
      session.id = id;
      store.save_session({}, session);
      store.save_turn({}, id, turn_named("before"));
    }
  }

  explicit Scenario(const heddle::sqlite::Config& config) : config_(config) {}

  void run() {
    const Became opened = outcome_of([&] {
      heddle::Backend<heddle::Sqlite> backend(config_);
      calls(backend.session_storage());
    });
    static_cast<void>(opened);
  }

  /// Compares the contents of the repaired disk with the recorded outcomes.
  void check() const {
    CHECK(RawConnection(config_.path).damage() == "");
    heddle::Backend<heddle::Sqlite> backend(config_);
    auto& store = backend.session_storage();
    const auto messages = store.load_messages({}, "session").items;
    CHECK(support::fault_in_session(store, "session") == "");
    std::map<std::string, int> found;
    for (const auto& message : messages) { ++found[message.content.substr(0, message.content.find('\n'))]; }
    const auto expect = [&](const std::string& content, Became became) {
      CAPTURE(content);
      const int times = found[content];
      if (became == Became::stored) { CHECK(times == 1); }
      if (became == Became::nothing) { CHECK(times == 0); }
      if (became == Became::in_doubt) { CHECK(times <= 1); }
    };
    for (const auto& call : became_) {
      if (call.first != "delete") { expect(call.first, call.second); }
    }
    const bool doomed = store.load_session({}, "doomed").has_value();
    const auto deletion = became_.find("delete");
    if (deletion != became_.end() && deletion->second != Became::in_doubt) {
      CHECK(doomed == (deletion->second == Became::nothing));
    }
    if (doomed) { CHECK(store.load_messages({}, "doomed").items.size() == support::turn_size); }
    // The database works as before.
    CHECK(store.save_message({}, "session", saying("after")) == std::int64_t(messages.size()) + 1);
  }

 private:
  template <class Store>
  void calls(Store& store) {
    note("one", [&] { store.save_message({}, "session", saying("one")); });
    note("turn two 1", [&] { store.save_turn({}, "session", turn_named("two")); });
    note("three", [&] { store.save_message({}, "session", saying("three"), {.idempotency_key = "three"}); });
    static_cast<void>(outcome_of([&] { static_cast<void>(store.search_messages({}, {.query = "before"})); }));
    note("delete", [&] { store.delete_session({}, "doomed"); });
    // Larger than the cache, so that pages are written before the commit.
    note("large 0", [&] {
      std::vector<heddle::Message> large(40);
      for (std::size_t index = 0; index < large.size(); ++index) {
        large[index].content = "large " + std::to_string(index) + '\n' + std::string(8000, 'x');
      }
      store.save_messages({}, "session", large);
    });
    static_cast<void>(outcome_of([&] { static_cast<void>(store.load_messages({}, "session")); }));
    note("four", [&] { store.save_message({}, "session", saying("four")); });
  }

  template <class Action>
  void note(const std::string& content, Action&& action) {
    became_[content] = outcome_of(action);
  }

  heddle::sqlite::Config config_;
  std::map<std::string, Became> became_;
};

/// Calls `attempt(fault)` with a fault at the first request, then at the second, and so on, later in growing steps,
/// until the fault no longer occurs. `attempt` returns whether the fault occurred.
void fail_in_turn(const Fault& kind, int dense, const std::function<bool(const Fault&)>& attempt) {
  Fault fault = kind;
  for (fault.at = 1;; fault.at += (fault.at < dense ? 1 : 1 + fault.at / 8) * support::stride_of_faults) {
    CAPTURE(fault.at);
    if (!attempt(fault)) { return; }
  }
}

}  // namespace

TEST_CASE("every call on a disk that fails reports it or has succeeded") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  for (const bool wal : {true, false}) {
    CAPTURE(wal);
    const auto original = folder.path() / (wal ? "wal.db" : "journal.db");
    Scenario::prepare(config(original, wal));
    int number = 0;
    for (const Kind& kind : kinds()) {
      CAPTURE(kind.name);
      fail_in_turn(kind.fault, static_cast<int>(support::size_of_run(10, 40)), [&](const Fault& fault) {
        const auto path = folder.path() / (original.stem().string() + std::to_string(++number) + ".db");
        std::filesystem::copy_file(original, path);
        Scenario scenario(config(path, wal));
        disk.inject(fault);
        scenario.run();
        const bool struck = disk.heal();
        scenario.check();
        for (const char* const suffix : {"", "-wal", "-shm", "-journal"}) {
          std::filesystem::remove(path.string() + suffix);
        }
        return struck;
      });
    }
  }
}

TEST_CASE("a file that was created and migrated on a failing disk can be opened afterwards") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  int number = 0;
  for (const Kind& kind : kinds()) {
    CAPTURE(kind.name);
    fail_in_turn(kind.fault, static_cast<int>(support::size_of_run(8, 30)), [&](const Fault& fault) {
      const auto setup = config(folder.path() / (std::to_string(++number) + ".db"), true);
      disk.inject(fault);
      const Became became = outcome_of([&] { Scenario::prepare(setup); });
      const bool struck = disk.heal();
      heddle::Backend<heddle::Sqlite> backend(setup);
      backend.migrate();
      const auto messages = backend.session_storage().load_messages({}, "doomed").items;
      if (became == Became::stored) { CHECK(messages.size() == support::turn_size); }
      CHECK(support::fault_in_session(backend.session_storage(), "doomed") == "");
      CHECK(RawConnection(setup.path).damage() == "");
      return struck;
    });
  }
}

TEST_CASE("after a temporary disk fault the same backend works again") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  auto setup = config(folder.path() / "heddle.db", true);
  // A cache of so few pages that every call reads, and writes before its commit.
  setup.cache_kib = 8;
  Scenario::prepare(setup);
  heddle::Backend<heddle::Sqlite> backend(setup);
  auto& store = backend.session_storage();
  std::int64_t known = support::turn_size;
  for (const Kind& kind : kinds()) {
    if (kind.fault.lasting) { continue; }
    for (int at = 1; at <= 20; ++at) {
      CAPTURE(kind.name);
      CAPTURE(at);
      Fault fault = kind.fault;
      fault.at = at;
      // Between two calls, so that the fault meets a connection that has nothing of the file in its cache.
      RawConnection(setup.path).run("UPDATE sessions SET name = name || '.' WHERE id = 'doomed'");
      disk.inject(fault);
      const Became became = outcome_of([&] { store.save_message({}, "session", saying("under a fault")); });
      disk.heal();
      const std::int64_t sequence = store.save_message({}, "session", saying("healed"));
      if (became == Became::stored) { CHECK(sequence == known + 2); }
      if (became == Became::nothing) { CHECK(sequence == known + 1); }
      known = sequence;
      // SQLite's full-text search is known to keep the counts of a transaction that was rolled back.
      CHECK(RawConnection(setup.path).damage() == "");
    }
  }
  CHECK(std::int64_t(store.load_messages({}, "session").items.size()) == known);
  CHECK(store.delete_session({}, "session"));
  CHECK(RawConnection(setup.path).damage() == "");
}

TEST_CASE("16 threads on a disk that fails sometimes: each gets the true outcome of its own save") {
  constexpr int threads = 16;
  constexpr int rounds = 60;
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  const auto setup = config(folder.path() / "heddle.db", true);
  Scenario::prepare(setup);
  heddle::Backend<heddle::Sqlite> backend(setup);
  auto& store = backend.session_storage();
  std::vector<std::map<std::string, Became>> became(threads);
  std::atomic<int> failed{0};
  std::mt19937 random(1);
  support::in_rounds(threads, rounds, [&](int thread, int round) {
    if (thread == 0 && round % 3 == 0) {
      const Kind& kind = kinds()[random() % 8];
      Fault fault = kind.fault;
      fault.lasting = false;
      fault.at = static_cast<int>(random() % 8) + 1;
      disk.inject(fault);
    }
    const std::string name = std::to_string(thread) + "." + std::to_string(round);
    const Became each = outcome_of([&] { store.save_turn({}, "session", turn_named(name)); });
    became[static_cast<std::size_t>(thread)]["turn " + name + " 1"] = each;
    if (each != Became::stored) { ++failed; }
  });
  disk.heal();
  CHECK(failed > 0);
  backend.close();

  heddle::Backend<heddle::Sqlite> again(setup);
  const auto messages = again.session_storage().load_messages({}, "session").items;
  CHECK(support::fault_in_session(again.session_storage(), "session") == "");
  std::map<std::string, int> found;
  for (const auto& message : messages) { ++found[message.content]; }
  for (const auto& calls : became) {
    for (const auto& call : calls) {
      CAPTURE(call.first);
      if (call.second == Became::stored) { CHECK(found[call.first] == 1); }
      if (call.second == Became::nothing) { CHECK(found[call.first] == 0); }
    }
  }
  CHECK(RawConnection(setup.path).damage() == "");
}

TEST_CASE("a save that has returned is synced to the disk") {
  FaultyVfs disk;
  const support::TemporaryFolder folder;
  for (const bool wal : {true, false}) {
    CAPTURE(wal);
    for (const auto durability : {heddle::sqlite::Durability::full, heddle::sqlite::Durability::normal}) {
      const bool full = durability == heddle::sqlite::Durability::full;
      auto setup =
          config(folder.path() / (std::string(wal ? "wal" : "journal") + (full ? "-full" : "-normal") + ".db"), wal);
      setup.durability = durability;
      Scenario::prepare(setup);
      heddle::Backend<heddle::Sqlite> backend(setup);
      int unsynced = 0;
      for (int number = 0; number < 50; ++number) {
        backend.session_storage().save_turn({}, "session", turn_named(std::to_string(number)));
        unsynced += disk.is_unsynced(setup.path) || disk.is_unsynced(setup.path + (wal ? "-wal" : "-journal")) ? 1 : 0;
      }
      if (full) { CHECK(unsynced == 0); }
      // Otherwise this test would check nothing.
      if (!full && wal) { CHECK(unsynced > 0); }
    }
  }
}
