#include "custom_policy/counting.hpp"
#include "heddle/postgres.hpp"
#include "heddle/postgres/policy.ipp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>
#include <string>
#include <string_view>
#include <thread>

using namespace heddle;
using namespace std::chrono_literals;

namespace {

const Context ada = Context::for_user("ada");
using Policy = Counting<Postgres>;

}  // namespace

TEST_CASE("fault 28: who waits hears of an answer that another process gives, and does not ask again and again") {
  support::MigratedDatabase database;
  Backend<Policy> here(database.config());
  Backend<Postgres> there(database.config());
  here.human_request_store().store(ada, {.id = "r1", .question = "?"});
  here.human_request_store().store(ada, {.id = "r2", .question = "?"});
  const auto ask = [&](const char* id) {
    return std::async(std::launch::async, [&here, id] { return here.human_request_store().wait(ada, id); });
  };
  auto first = ask("r1");
  there.human_request_store().respond(ada, "r1", {.status = RequestStatus::approved});
  CHECK(first.get().status == RequestStatus::approved);
  std::this_thread::sleep_for(500ms);

  Policy::reads = 0;
  auto second = ask("r2");
  std::this_thread::sleep_for(1500ms);
  CHECK(Policy::reads <= 3);
  there.human_request_store().respond(ada, "r2", {.status = RequestStatus::rejected});
  REQUIRE(second.wait_for(3s) == std::future_status::ready);
  CHECK(second.get().status == RequestStatus::rejected);
}

TEST_CASE("answers to other questions wake nobody who waits for his own") {
  support::MigratedDatabase database;
  Backend<Policy> here(database.config());
  Backend<Postgres> there(database.config());
  constexpr int others = 30;
  for (int index = 0; index <= others; ++index) {
    here.human_request_store().store(ada, {.id = "r" + std::to_string(index), .question = "?"});
  }
  auto waiting = std::async(std::launch::async, [&here] { return here.human_request_store().wait(ada, "r0"); });
  // By then the backend listens, and has looked for what it may have missed.
  std::this_thread::sleep_for(500ms);
  Policy::reads = 0;
  for (int index = 1; index <= others; ++index) {
    there.human_request_store().respond(ada, "r" + std::to_string(index), {.status = RequestStatus::approved});
  }
  there.human_request_store().respond(ada, "r0", {.status = RequestStatus::rejected});
  CHECK(waiting.get().status == RequestStatus::rejected);
  // One look for the answer itself; a few others may share its place.
  CHECK(Policy::reads <= 5);
}

TEST_CASE("behind a pooler nothing is heard, and an answer is found all the same") {
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

TEST_CASE("stopping waits for no server that says nothing, whenever it fell silent") {
  support::MigratedDatabase database;
  support::ProtocolProxy proxy(database.database().app_dsn());
  // The greeting, the wish to listen and the answer to it are each under way for this long.
  proxy.delay(50ms);
  for (const auto pause : {25ms, 75ms, 125ms, 150ms, 175ms, 300ms}) {
    CAPTURE(pause.count());
    heddle::postgres::libpq::Listener listener(proxy.dsn(database.database().app_dsn()), "somewhere");
    listener.start([](std::string_view /*topic*/) {});
    std::this_thread::sleep_for(pause);
    proxy.freeze();
    auto stopped = std::async(std::launch::async, [&] { listener.stop(); });
    CHECK(stopped.wait_for(3s) == std::future_status::ready);
    proxy.freeze(false);
  }
}
