#include "heddle/postgres.hpp"
#include "heddle/postgres/policy.ipp"
#include "postgres/listening/hearing.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/stopwatch.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <stop_token>
#include <string>
#include <string_view>
#include <thread>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

const Context ada = Context::for_user("ada");
using Policy = listening::Hearing;

}  // namespace

TEST_CASE("fault 28: a waiting call is notified of an answer of another process, and does not poll") {
  support::MigratedDatabase database;
  Backend<Policy> here(database.config());
  Backend<Postgres> there(database.config());
  here.human_request_store().store(ada, {.id = "r1", .question = "?"});
  const auto ask = [&](const std::string& id) {
    return std::async(std::launch::async, [&here, id] { return here.human_request_store().wait(ada, id); });
  };
  Policy::heard = 0;
  auto first = ask("r1");
  Policy::await_rest();
  there.human_request_store().respond(ada, "r1", {.status = RequestStatus::approved});
  CHECK(first.get().status == RequestStatus::approved);

  // On a busy machine a round can take until the call looks without a notification.
  bool was_notified = false;
  for (int round = 0; round < 10 && !was_notified; ++round) {
    const std::string id = "again " + std::to_string(round);
    here.human_request_store().store(ada, {.id = id, .question = "?"});
    Policy::reads = 0;
    auto again = ask(id);
    std::this_thread::sleep_for(1500ms);
    const bool rested = Policy::reads <= 3;
    there.human_request_store().respond(ada, id, {.status = RequestStatus::rejected});
    was_notified = again.wait_for(3s) == std::future_status::ready && rested;
    CHECK(again.get().status == RequestStatus::rejected);
  }
  CHECK(was_notified);
}

TEST_CASE("answers to other questions do not wake a waiting call") {
  support::MigratedDatabase database;
  Backend<Policy> here(database.config());
  Backend<Postgres> there(database.config());
  constexpr int others = 30;
  for (int index = 0; index <= others; ++index) {
    here.human_request_store().store(ada, {.id = "r" + std::to_string(index), .question = "?"});
  }
  Policy::heard = 0;
  auto waiting = std::async(std::launch::async, [&here] { return here.human_request_store().wait(ada, "r0"); });
  Policy::await_rest();
  Policy::reads = 0;
  const support::Stopwatch watch;
  for (int index = 1; index <= others; ++index) {
    there.human_request_store().respond(ada, "r" + std::to_string(index), {.status = RequestStatus::approved});
  }
  there.human_request_store().respond(ada, "r0", {.status = RequestStatus::rejected});
  CHECK(waiting.get().status == RequestStatus::rejected);
  // One read for the answer itself; a few others may share its slot. And one every 5 seconds.
  CHECK(Policy::reads <= 5 + watch.elapsed() / 5s);
}

TEST_CASE("a waiting call goes on while the server is away, and ends with the answer or at its deadline") {
  support::ProxiedBackend here(2);
  heddle::Backend<Postgres> there(here.migrated().config());
  auto& requests = (*here).human_request_store();
  for (const char* const id : {"r1", "r2", "r3"}) { requests.store(ada, {.id = id, .question = "?"}); }
  const auto wait = [&](const char* id, const Context& context) {
    return std::async(std::launch::async, [&requests, id, context] { return requests.wait(context, id).status; });
  };
  auto before = wait("r1", ada.with_timeout(5min));
  auto late = wait("r3", ada.with_timeout(1500ms));
  std::this_thread::sleep_for(300ms);
  here.proxy().stop();
  // One that begins to wait during the outage waits as well; other calls fail at once.
  auto during = wait("r2", ada.with_timeout(5min));
  CHECK(support::code_of([&] { static_cast<void>(requests.get(ada, "r1")); }) == ErrorCode::unavailable);
  const heddle::Error error = support::error_of([&] { late.get(); });
  CHECK(error.code() == ErrorCode::deadline_exceeded);
  for (const char* const id : {"r1", "r2"}) {
    there.human_request_store().respond(ada, id, {.status = RequestStatus::approved});
  }
  here.proxy().start();
  CHECK(before.get() == RequestStatus::approved);
  CHECK(during.get() == RequestStatus::approved);
}

TEST_CASE("a call that waits while the server is away ends by a stop and by close") {
  support::ProxiedBackend here(2);
  auto& requests = (*here).human_request_store();
  requests.store(ada, {.id = "r1", .question = "?"});
  std::stop_source stop;
  const auto wait = [&](const Context& context) {
    return std::async(std::launch::async, [&requests, context] {
      return support::code_of([&] { static_cast<void>(requests.wait(context, "r1")); });
    });
  };
  auto stopped = wait(ada.with_stop(stop.get_token()));
  auto closed = wait(ada);
  here.proxy().stop();
  std::this_thread::sleep_for(300ms);
  stop.request_stop();
  CHECK(stopped.get() == ErrorCode::cancelled);
  (*here).close();
  CHECK(closed.get() == ErrorCode::failed_precondition);
}

TEST_CASE("behind a pooler there are no notifications, and an answer is found by polling") {
  support::MigratedDatabase database;
  auto config = database.config();
  config.named_statements = false;
  Backend<Postgres> here(config);
  Backend<Postgres> there(config);
  here.human_request_store().store(ada, {.id = "r1", .question = "?"});
  auto waiting = std::async(std::launch::async, [&here] { return here.human_request_store().wait(ada, "r1"); });
  there.human_request_store().respond(ada, "r1", {.status = RequestStatus::approved});
  CHECK(waiting.get().status == RequestStatus::approved);
}

TEST_CASE("closing does not wait for a server that does not respond, whenever it stopped responding") {
  support::MigratedDatabase database;
  support::ProtocolProxy proxy(database.database().app_dsn());
  // The startup, LISTEN and the response to it are each delayed by this time.
  proxy.delay(50ms);
  for (const auto pause : {25ms, 75ms, 125ms, 150ms, 175ms, 300ms}) {
    CAPTURE(pause.count());
    // A listener that waited would do so each time; a busy machine does not always take as long.
    bool at_once = false;
    for (int round = 0; round < 5 && !at_once; ++round) {
      heddle::postgres::libpq::Listener listener(proxy.dsn(database.database().app_dsn()), "somewhere");
      listener.start([](std::string_view /*topic*/) {});
      std::this_thread::sleep_for(pause);
      proxy.freeze();
      auto stopped = std::async(std::launch::async, [&] { listener.stop(); });
      at_once = stopped.wait_for(3s) == std::future_status::ready;
      proxy.freeze(false);
    }
    CHECK(at_once);
  }
}
