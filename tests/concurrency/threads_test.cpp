#include "conformance/subjects.hpp"
#include "heddle/sqlite.hpp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

/// Many threads on one backend. The results of their calls are compared with what is stored.
namespace {

using heddle::ErrorCode;
using support::Ledger;
using support::saying;
using support::together;
using support::turn_named;

constexpr int writers = 16;

template <class Backend>
void make_sessions(Backend& backend, const std::vector<std::string>& ids) {
  for (const std::string& id : ids) {
    heddle::Session session;
    session.id = id;
    backend.session_storage().save_session({}, session);
  }
}

}  // namespace

CONFORMANCE_TEST("16 threads lose nothing, store nothing twice, and read only whole turns") {
  constexpr int rounds = 40;
  constexpr int readers = 3;
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  const std::vector<std::string> shared{"shared-0", "shared-1", "shared-2"};
  make_sessions(backend, shared);
  Ledger ledger;
  std::atomic<int> writing{writers};
  std::atomic<int> unseen{0};
  std::mutex mutex;
  std::set<std::string> faults;

  const auto write = [&](int thread) {
    const std::string own = "own-" + std::to_string(thread);
    make_sessions(backend, {own});
    for (int round = 0; round < rounds; ++round) {
      const std::string name = std::to_string(thread) + "." + std::to_string(round);
      const std::string& one = shared[static_cast<std::size_t>(thread + round) % shared.size()];
      const std::string& other = shared[static_cast<std::size_t>(round) % shared.size()];
      ledger.add(one, store.save_message({}, one, saying("shared " + name)), "shared " + name);
      ledger.add_turn(other, store.save_turn({}, other, turn_named(name)), name);
      const std::int64_t sequence = store.save_message({}, own, saying("own " + name));
      ledger.add(own, sequence, "own " + name);
      // A save that returned can be read on any connection.
      if (store.load_session({}, own, {.limit = 1})->last_sequence != sequence) { ++unseen; }
    }
  };
  const auto read = [&](int reader) {
    const std::string& id = shared[static_cast<std::size_t>(reader) % shared.size()];
    while (writing.load() > 0) {
      const auto session = store.load_session({}, id);
      std::string fault = session ? support::fault_in(session->messages.items) : "no session";
      if (session && session->last_sequence != std::int64_t(session->messages.items.size())) {
        fault += " the session and its messages are not of one moment";
      }
      const std::lock_guard lock(mutex);
      if (!fault.empty()) { faults.insert(fault); }
    }
  };
  together(writers + readers, [&](int thread) {
    if (thread >= writers) { return read(thread - writers); }
    struct Done {
      std::atomic<int>& count;
      ~Done() { --count; }
    } done{writing};
    write(thread);
  });

  CHECK(unseen == 0);
  CHECK(faults == std::set<std::string>{});
  ledger.check(backend);
  const auto statistics = store.statistics({});
  CHECK(statistics.sessions == writers + std::int64_t(shared.size()));
  CHECK(statistics.messages == std::int64_t{writers} * rounds * (2 + support::turn_size));
  CHECK(statistics.tool_executions == std::int64_t{writers} * rounds);
}

CONFORMANCE_TEST("a key that several threads use at once stores one message, and all get its sequence number") {
  constexpr int rounds = 30;
  constexpr int threads_of_key = 4;
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  make_sessions(backend, {"session"});
  constexpr std::size_t keys = std::size_t{rounds} * (writers / threads_of_key);
  std::vector<std::set<std::int64_t>> answers(keys);
  std::mutex mutex;

  support::in_rounds(writers, rounds, [&](int thread, int round) {
    const auto number = static_cast<std::size_t>(round * (writers / threads_of_key) + thread / threads_of_key);
    const std::string name = std::to_string(number);
    const heddle::AppendOptions options{.idempotency_key = "key-" + name};
    const std::int64_t last = number % 2 == 0 ? store.save_message({}, "session", saying("once " + name), options)
                                              : store.save_turn({}, "session", turn_named(name), options).last;
    const std::lock_guard lock(mutex);
    answers[number].insert(last);
  });

  std::set<std::int64_t> all;
  for (const auto& each : answers) {
    CHECK(each.size() == 1);
    all.insert(each.begin(), each.end());
  }
  CHECK(all.size() == keys);
  const auto messages = store.load_messages({}, "session").items;
  CHECK(support::fault_in_session(store, "session") == "");
  CHECK(messages.size() == keys / 2 * (1 + support::turn_size));
}

CONFORMANCE_TEST("of 16 threads that expect the same sequence one succeeds in each round, 15 get conflict") {
  constexpr int rounds = 40;
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  make_sessions(backend, {"session"});
  std::vector<std::atomic<int>> winners(rounds);
  std::vector<std::atomic<int>> losers(rounds);

  support::in_rounds(writers, rounds, [&](int thread, int round) {
    try {
      const std::int64_t sequence =
          store.save_message({}, "session", saying(std::to_string(thread)), {.expected_sequence = round});
      if (sequence == round + 1) { ++winners[static_cast<std::size_t>(round)]; }
    } catch (const heddle::Error& error) {
      if (error.code() == ErrorCode::conflict) { ++losers[static_cast<std::size_t>(round)]; }
    }
  });

  for (std::size_t round = 0; round < rounds; ++round) {
    CAPTURE(round);
    CHECK(winners[round] == 1);
    CHECK(losers[round] == writers - 1);
  }
  CHECK(store.load_messages({}, "session").items.size() == rounds);
}

CONFORMANCE_TEST("saves that fail do not affect the other saves of their group") {
  constexpr int rounds = 30;
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  make_sessions(backend, {"session"});
  store.save_message({}, "session", saying("the key's"), {.idempotency_key = "used"});
  Ledger ledger;
  ledger.add("session", 1, "the key's");
  std::atomic<int> refused{0};

  support::in_rounds(writers, rounds, [&](int thread, int round) {
    const std::string name = std::to_string(thread) + "." + std::to_string(round);
    const auto code_of = [&](const std::string& session, const heddle::AppendOptions& options) {
      return support::code_of([&] { store.save_turn({}, session, turn_named(name), options); });
    };
    // Each thread in turn is the one that fails; the others must not be affected.
    switch ((thread + round) % writers) {
      case 0: refused += code_of("nowhere", {}) == ErrorCode::not_found ? 1 : 0; break;
      case 1: refused += code_of("session", {.expected_sequence = 0}) == ErrorCode::conflict ? 1 : 0; break;
      case 2: refused += code_of("session", {.idempotency_key = "used"}) == ErrorCode::invalid_argument ? 1 : 0; break;
      default: ledger.add_turn("session", store.save_turn({}, "session", turn_named(name)), name);
    }
  });

  CHECK(refused == 3 * rounds);
  ledger.check(backend);
  CHECK(store.statistics({}).tool_executions == std::int64_t{rounds} * (writers - 3));
}
