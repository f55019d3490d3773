#include "conformance/sample.hpp"
#include "heddle/sqlite.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <future>

using namespace heddle;
using namespace std::chrono_literals;
using conformance::alice;

TEST_CASE("fault 28: a waiting agent gets an answer that another process stores") {
  // Two backends on one file share no memory, like two processes.
  const support::TemporaryFolder folder;
  const heddle::sqlite::Config config{.path = (folder.path() / "heddle.db").string()};
  Backend<Sqlite> here(config);
  here.migrate();
  Backend<Sqlite> there(config);
  here.human_request_store().store(alice, {.id = "r", .question = "?"});
  // With a deadline, so that a failing test does not hang.
  auto waiting =
      std::async(std::launch::async, [&] { return here.human_request_store().wait(alice.with_timeout(60s), "r"); });
  CHECK(waiting.wait_for(20ms) == std::future_status::timeout);
  const HumanRequest settled = there.human_request_store().respond(alice, "r", {.status = RequestStatus::approved});
  REQUIRE(waiting.wait_for(30s) == std::future_status::ready);
  CHECK(waiting.get() == settled);
}
