#include "postgres/outages/holder.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/expect_error.hpp"
#include "support/ledger.hpp"
#include "support/stopwatch.hpp"

#include <doctest/doctest.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

/// Waiting calls end when their context is over, whatever they wait for.
namespace {

using namespace std::chrono_literals;
using heddle::Context;
using heddle::Error;
using heddle::ErrorCode;
using outages::Holder;
using support::code_of;
using support::error_of;
using support::ProxiedBackend;
using support::saying;
using support::Stopwatch;

/// Additional time for a loaded machine.
constexpr auto leeway = 30s;
/// How long a write, or a read, waits for the server's response after its deadline.
constexpr auto patience = 5s;
constexpr auto short_patience = 1s;
/// In this time a busy machine sends a request, too.
constexpr auto enough = 3s;

/// Requests a stop a little later.
class StopSoon {
 public:
  explicit StopSoon(std::chrono::milliseconds pause) {
    thread_ = std::jthread([this, pause] {
      std::this_thread::sleep_for(pause);
      source_.request_stop();
    });
  }
  [[nodiscard]] Context context() const { return Context{}.with_stop(source_.get_token()); }

 private:
  std::stop_source source_{};
  std::jthread thread_{};
};

std::vector<std::string> processes(ProxiedBackend& here) {
  return here.server().texts("SELECT pid FROM pg_stat_activity WHERE usename = 'heddle_app' AND datname = '" +
                             here.migrated().database().name() + "'");
}

}  // namespace

TEST_CASE("postgres deadlines: a statement that waits for a lock ends with its call, and the connection stays") {
  ProxiedBackend here(1);
  for (int warm = 0; warm < 2; ++warm) { here.store().save_message({}, "session", saying("first")); }
  const auto before = processes(here);
  {
    const Holder holder(here);
    for (int round = 0; round < 3; ++round) {
      const Stopwatch watch;
      const Error error =
          error_of([&] { here.store().save_message(Context{}.with_timeout(150ms), "session", saying("never")); });
      CHECK(error.code() == ErrorCode::deadline_exceeded);
      CHECK_FALSE(error.in_doubt());
      CHECK(watch.elapsed() >= 150ms);
      CHECK(watch.elapsed() < 150ms + leeway);
    }
    const StopSoon stop(100ms);
    const Stopwatch watch;
    const Error error = error_of([&] { here.store().save_message(stop.context(), "session", saying("never")); });
    CHECK(error.code() == ErrorCode::cancelled);
    CHECK_FALSE(error.in_doubt());
    CHECK(watch.elapsed() < 100ms + leeway);
  }
  here.store().save_message(Context{}.with_timeout(1min), "session", saying("last"));
  CHECK(here.count("never") == 0);
  CHECK(here.count("last") == 1);
  CHECK(processes(here) == before);
  CHECK((*here).details({}).pool->total_connections == 1);
}

TEST_CASE("postgres deadlines: waiting for a connection") {
  ProxiedBackend here(1);
  const Holder holder(here);
  std::stop_source release;
  std::jthread occupant([&] {
    // A caller that waited for this one instead of its own deadline would fail it with `deadline_exceeded`.
    const Context context = Context{}.with_stop(release.get_token()).with_timeout(1min);
    CHECK(code_of([&] { here.store().save_message(context, "session", saying("occupant")); }) == ErrorCode::cancelled);
  });
  while (here.server().integer("SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'") == 0) {
    std::this_thread::sleep_for(1ms);
  }
  CHECK(code_of([&] { static_cast<void>(here.store().load_messages(Context{}.with_timeout(50ms), "session")); }) ==
        ErrorCode::deadline_exceeded);
  const StopSoon stop(50ms);
  CHECK(code_of([&] { static_cast<void>(here.store().load_messages(stop.context(), "session")); }) ==
        ErrorCode::cancelled);
  release.request_stop();
  occupant.join();
  CHECK(here.store().load_messages({}, "session").items.empty());
}

TEST_CASE("postgres deadlines: a server that stops responding") {
  ProxiedBackend here(2);
  here.store().save_message({}, "session", saying("warm"));
  static_cast<void>(here.store().load_messages({}, "session"));
  here.proxy().freeze();
  {
    const Stopwatch watch;
    const Error error =
        error_of([&] { here.store().save_message(Context{}.with_timeout(enough), "session", saying("lost")); });
    CHECK(error.code() == ErrorCode::deadline_exceeded);
    CHECK(error.in_doubt());
    CHECK(error.retryable());
    CHECK(watch.elapsed() < enough + patience + leeway);
    // Of a stop, too.
    here.proxy().thaw();
    here.store().save_message({}, "session", saying("warm"));
    here.proxy().freeze();
    const StopSoon stop(enough);
    const Error stopped = error_of([&] { here.store().save_message(stop.context(), "session", saying("lost")); });
    CHECK(stopped.code() == ErrorCode::cancelled);
    CHECK(stopped.in_doubt());
  }
  // It does not respond to new connections either.
  const Stopwatch watch;
  CHECK(code_of([&] { static_cast<void>(here.store().load_messages(Context{}.with_timeout(100ms), "session")); }) ==
        ErrorCode::deadline_exceeded);
  const StopSoon stop(100ms);
  CHECK(code_of([&] { static_cast<void>(here.store().load_messages(stop.context(), "session")); }) ==
        ErrorCode::cancelled);
  CHECK(watch.elapsed() < 200ms + leeway);
  here.proxy().thaw();
  here.store().save_message(Context{}.with_timeout(1min), "session", saying("found"));
}

TEST_CASE("postgres deadlines: a read without a response ends at its deadline and is not in doubt") {
  ProxiedBackend here(1);
  static_cast<void>(here.store().load_messages({}, "session"));
  here.proxy().freeze();
  const Stopwatch watch;
  const Error error =
      error_of([&] { static_cast<void>(here.store().load_messages(Context{}.with_timeout(100ms), "session")); });
  CHECK(error.code() == ErrorCode::deadline_exceeded);
  CHECK_FALSE(error.in_doubt());
  CHECK(watch.elapsed() < 100ms + short_patience + leeway);
}

TEST_CASE(
    "postgres deadlines: a batch that is stopped while it is sent is stored as a whole or not at all, as the call "
    "says") {
  ProxiedBackend here(1);
  here.store().save_message({}, "session", saying("warm"));
  // Of different sizes, so that sometimes most of it is sent.
  for (const std::size_t kilobytes : {150U, 200U, 250U, 300U, 400U, 2000U, 16'000U}) {
    CAPTURE(kilobytes);
    here.proxy().freeze();
    const std::vector<heddle::Message> batch{saying(std::string(kilobytes * 1024, 'x')), saying("tail")};
    bool acknowledged = false;
    bool in_doubt = false;
    const Stopwatch watch;
    try {
      std::jthread thaw([&] {
        std::this_thread::sleep_for(200ms);
        here.proxy().thaw();
      });
      here.store().save_messages(Context{}.with_timeout(200ms), "session", batch);
      acknowledged = true;
    } catch (const Error& error) { in_doubt = error.in_doubt(); }
    CHECK(watch.elapsed() < 200ms + patience + leeway);
    here.cut_all_and_wait();
    CHECK(here.count("tail") <= 1);
    if (!in_doubt) { CHECK(here.count("tail") == (acknowledged ? 1 : 0)); }
    here.server().execute("DELETE FROM messages WHERE content = 'tail'");
    here.server().execute("UPDATE sessions SET last_sequence = (SELECT count(*) FROM messages)");
  }
}

TEST_CASE("postgres deadlines: a large request to a server that reads slowly") {
  ProxiedBackend here(1);
  here.proxy().delay(5ms);
  const Context context = Context{}.with_timeout(10min);
  SUBCASE("a large message") {
    const std::string large((std::size_t{16} << 20U) - 100, 'x');
    here.store().save_message(context, "session", saying(large));
    CHECK(here.store().load_messages(context, "session").items.front().content.size() == large.size());
  }
  SUBCASE("many messages") {
    std::vector<heddle::Message> batch;
    for (int number = 0; number < 10'000; ++number) { batch.push_back(saying("message " + std::to_string(number))); }
    CHECK(here.store().save_messages(context, "session", batch).last == 10'000);
    CHECK(here.store().load_messages(context, "session").items.size() == 10'000);
  }
  SUBCASE("many large messages") {
    const std::vector<heddle::Message> batch(1'000, saying(std::string(40'000, 'x')));
    CHECK(here.store().save_messages(context, "session", batch).last == 1'000);
  }
  SUBCASE("a large result") {
    heddle::NewResult result;
    result.id = "large";
    result.table.columns = {"text"};
    for (int row = 0; row < 40; ++row) { result.table.rows.push_back({std::string(1'000'000, 'x')}); }
    (*here).result_store().store(context, result);
    CHECK((*here).result_store().query(context, "large", "SELECT count(*) FROM result").rows.size() == 1);
  }
}
