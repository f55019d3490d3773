#include "concurrency/raw_connection.hpp"
#include "conformance/subjects.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"
#include "support/crew.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <latch>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>

/// Closing while other threads are inside calls.
namespace {

using namespace std::chrono_literals;
using heddle::ErrorCode;
using support::saying;
using support::turn_named;

constexpr int callers = 16;

/// Makes every kind of call; a closed backend must refuse each of them.
template <class Backend>
void check_all_refused(Backend& backend) {
  auto& store = backend.session_storage();
  const auto refused = [](auto&& action) { CHECK(support::code_of(action) == ErrorCode::failed_precondition); };
  refused([&] { store.save_message({}, "session", saying("late")); });
  refused([&] { store.save_turn({}, "session", turn_named("late"), {.idempotency_key = "late"}); });
  refused([&] { static_cast<void>(store.load_session({}, "session")); });
  refused([&] { static_cast<void>(store.search_messages({}, {.query = "late"})); });
  refused([&] { store.for_each_message({}, "session", [](const heddle::Message&) {}); });
  refused([&] { store.delete_session({}, "session"); });
  refused([&] { backend.ping(); });
  refused([&] { backend.migrate(); });
  refused([&] { static_cast<void>(backend.details()); });
  if constexpr (heddle::BacksUpOnline<Backend>) {
    refused([&] { backend.back_up({}, "copy.db"); });
  }
}

/// Requests a stop at the moment when an operation ends.
class StopsAfter {
 public:
  class Span {
   public:
    explicit Span(std::stop_source* source) : source_(source) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() {
      if (source_ != nullptr) { source_->request_stop(); }
    }
    void fail(const heddle::Error& /*error*/) noexcept {}

   private:
    std::stop_source* source_;
  };

  StopsAfter(heddle::Operation operation, std::stop_source& source) : operation_(operation), source_(&source) {}
  [[nodiscard]] Span start(const heddle::Call& call) noexcept {
    return Span(call.operation == operation_ ? source_ : nullptr);
  }

 private:
  heddle::Operation operation_;
  std::stop_source* source_;
};

/// Opens a latch when the first save has begun: from then on `close` waits for it.
class TellsOfSave {
 public:
  explicit TellsOfSave(std::latch& begun) : begun_(&begun) {}
  [[nodiscard]] heddle::NoTracing::Span start(const heddle::Call& call) noexcept {
    if (call.operation == heddle::Operation::save_message) { begun_->count_down(); }
    return {};
  }

 private:
  std::latch* begun_;
};

}  // namespace

TEST_CASE("closing while 16 threads write: returned saves are stored, refused ones are not") {
  constexpr int rounds = 5;
  for (int round = 0; round < rounds; ++round) {
    CAPTURE(round);
    const support::TemporaryFolder folder;
    const heddle::sqlite::Config config{.path = (folder.path() / "heddle.db").string()};
    support::Ledger ledger;
    std::atomic<int> refused{0};
    {
      heddle::Backend<heddle::Sqlite> backend(config);
      backend.migrate();
      std::atomic<int> under_way{0};
      support::together(callers + 1, [&](int thread) {
        if (thread == callers) {
          while (under_way < callers) { std::this_thread::yield(); }
          std::this_thread::sleep_for(std::chrono::milliseconds(10 * round));
          backend.close();
          return check_all_refused(backend);
        }
        auto& store = backend.session_storage();
        const std::string id = "session-" + std::to_string(thread);
        heddle::Session session;
        session.id = id;
        store.save_session({}, session);
        ++under_way;
        const auto code = support::code_of([&] {
          for (int number = 0;; ++number) {
            const std::string name = std::to_string(thread) + "." + std::to_string(number);
            ledger.add(id, store.save_message({}, id, saying(name)), name);
            ledger.add_turn(id, store.save_turn({}, id, turn_named(name)), name);
            static_cast<void>(store.load_messages({}, id));
          }
        });
        if (code == ErrorCode::failed_precondition) { ++refused; }
      });
    }
    CHECK(refused == callers);
    heddle::Backend<heddle::Sqlite> again(config);
    ledger.check(again);
    CHECK(concurrency::RawConnection(config.path).damage() == "");
  }
}

CONFORMANCE_TEST("closing waits for a call that is under way, and so does a second one who closes") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  heddle::Session session;
  session.id = "session";
  store.save_session({}, session);
  store.save_message({}, "session", saying("hello"));
  std::latch visiting(1);
  std::atomic<bool> visited{false};
  std::atomic<int> too_early{0};
  support::together(3, [&](int thread) {
    if (thread == 0) {
      store.for_each_message({}, "session", [&](const heddle::Message&) {
        visiting.count_down();
        // The outer call is running, but calls inside it are refused as soon as a thread closes.
        auto code = ErrorCode::internal;
        while (code == ErrorCode::internal) {
          std::this_thread::sleep_for(100ms);
          try {
            backend.ping();
          } catch (const heddle::Error& error) { code = error.code(); }
        }
        CHECK(code == ErrorCode::failed_precondition);
        visited = true;
      });
      return;
    }
    visiting.wait();
    backend.close();
    if (!visited) { ++too_early; }
  });
  CHECK(too_early == 0);
  check_all_refused(backend);
  backend.close();
  check_all_refused(backend);
}

TEST_CASE("a call that waits for another process ends with its own result when the backend closes") {
  const support::TemporaryFolder folder;
  const auto path = folder.path() / "heddle.db";
  std::latch begun(1);
  heddle::Backend<heddle::Sqlite, TellsOfSave> backend({.path = path.string(), .busy_timeout = 300ms},
                                                       TellsOfSave(begun));
  backend.migrate();
  backend.session_storage().save_session({}, {.id = "session"});
  concurrency::RawConnection other(path);
  other.run("BEGIN IMMEDIATE");
  std::jthread closer([&] {
    begun.wait();
    std::this_thread::sleep_for(50ms);
    backend.close();
  });
  const auto code = support::code_of([&] { backend.session_storage().save_message({}, "session", saying("late")); });
  closer.join();
  CHECK(code == ErrorCode::unavailable);
  other.run("ROLLBACK");
  CHECK(other.run("SELECT count(*) FROM messages") == "0");
}

TEST_CASE("a committed deletion runs its hooks even if the caller stops or the backend closes meanwhile") {
  std::stop_source source;
  heddle::Backend<heddle::Sqlite, StopsAfter> backend({.path = ":memory:"},
                                                      StopsAfter(heddle::Operation::delete_session, source));
  backend.migrate();
  auto& store = backend.session_storage();
  heddle::Session session;
  session.id = "session";
  store.save_session({}, session);
  int hooks = 0;
  store.add_cleanup_hook([&](const heddle::Context&, const std::string&) { ++hooks; });
  CHECK(store.delete_session(heddle::Context{}.with_stop(source.get_token()), "session"));
  CHECK(source.stop_requested());
  CHECK(hooks == 1);
  CHECK_FALSE(store.load_session({}, "session"));
}
