#include "conformance/human_requests.hpp"
#include "conformance/migration_places.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using namespace std::chrono_literals;
using support::code_of;

TEST_CASE("a database of an earlier version keeps its requests to humans, and they are listed by priority") {
  EmptyPlace place;
  EmptyPlace::Storage backend(place.config());
  backend.migrate();
  auto& requests = backend.human_request_store();
  add_session(backend, alice, "s");
  const HumanRequest first{.id = "first", .session_id = "s", .question = "?", .created_at = leap_day};
  const WriteOptions once{.idempotency_key = "k"};
  requests.store(alice, first, once);
  requests.store(alice, {.id = "urgent", .question = "?", .priority = RequestPriority::high, .timeout_ms = 3600s});
  requests.store(alice, {.id = "answered", .question = "?"});
  requests.respond(alice, "answered", yes);
  requests.store(alice, {.id = "cancelled", .question = "?"});
  requests.cancel(alice, "cancelled");
  const auto all = [&] {
    std::vector<HumanRequest> list;
    for (const char* id : {"first", "urgent", "answered"}) { list.push_back(requests.get(alice, id).value()); }
    return list;
  };
  const std::vector<HumanRequest> before = all();

  backend.migrator().to({}, version_of(backend, "requests_and_results") - 1);
  CHECK(code_of([&] { static_cast<void>(requests.list_by_priority(alice)); }) == ErrorCode::failed_precondition);
  backend.migrate();

  CHECK(all() == before);
  CHECK(requests.store(alice, first, once) == "first");
  CHECK(pending(requests, alice) == Ids{"first", "urgent"});
  CHECK(all_ids(1, [&](const PageRequest& page) { return requests.list_by_priority(alice, page); }) ==
        Ids{"urgent", "first"});
  // The state that a program of the earlier version can read.
  CHECK(requests.get(alice, "cancelled")->status == RequestStatus::timeout);
  HumanRequest described = before.front();
  described.kind = "question";
  described.parameters = {"[1]"};
  CHECK(requests.update(alice, described));
  CHECK(requests.get(alice, "first") == described);
}
