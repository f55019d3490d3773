#include "conformance/erasures.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string>
#include <thread>
#include <utility>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// Erasures that have not ended: what is seen meanwhile, and how they go on.

namespace {

struct Enough {};
const ErasureObserver leave = [](const ErasureProgress& /*progress*/) { throw Enough(); };

}  // namespace

CONFORMANCE_TEST("an erasure that was left has hidden the tenant, keeps new data out, and goes on with its key") {
  Subject subject;
  auto& backend = subject.backend();
  fill_batches(backend, alice);
  fill(backend, bob);
  const Exported of_bob = exported(backend, bob);
  const ExportReport of_alice = exported(backend, alice).report;
  CHECK_THROWS_AS(erase_user(backend, alice, {.idempotency_key = "k", .on_progress = leave}), Enough);

  auto& store = backend.session_storage();
  const auto refused = [](auto&& call) { return code_of(call) == ErrorCode::failed_precondition; };
  CHECK(store.list_sessions(alice).items.empty());
  CHECK(!store.load_session(alice, "root").has_value());
  CHECK(store.search_messages(alice, {.query = "number"}).items.empty());
  CHECK(backend.artifact_store().list(alice, {.include_deleted = true}).items.empty());
  CHECK(backend.artifact_store().statistics(alice) == ArtifactStatistics{});
  CHECK(refused([&] { add_session(backend, alice, "new"); }));
  CHECK(refused([&] { backend.error_store().store(alice, {.tool_name = "t", .raw_error = "e"}); }));
  CHECK(refused([&] { backend.artifact_store().put(alice, {.id = "n", .name = "n"}, "x"); }));
  CHECK(refused([&] { backend.human_request_store().store(alice, {.agent_id = "a", .question = "q"}); }));
  CHECK(refused([&] { backend.result_store().store(alice, {.table = {{"a"}, {}}}); }));
  CHECK(code_of([&] { store.save_message(alice, "root", says("x")); }) == ErrorCode::not_found);
  CHECK(refused([&] { exported(backend, alice); }));
  CHECK(refused([&] { import_user(backend, alice, of_bob.bytes, {.into_other_tenant = true}); }));
  CHECK(!abort_import(backend, alice));
  CHECK(refused([&] { erase_user(backend, alice, {.idempotency_key = "another"}); }));
  // Others do not notice.
  CHECK(exported(backend, bob).bytes == of_bob.bytes);
  store.save_message(bob, "root", says("x"));
  add_session(backend, bob, "new");

  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "k"});
  check_counts(receipt, of_alice);
  CHECK(exported(backend, alice).report.records == 0);
  CHECK(erase_user(backend, alice, {.idempotency_key = "k"}) == receipt);
  add_session(backend, alice, "new");
}

CONFORMANCE_TEST("an erasure that is left after each transaction counts nothing twice") {
  Subject subject;
  auto& backend = subject.backend();
  fill_batches(backend, alice);
  const ExportReport of_alice = exported(backend, alice).report;
  int calls = 0;
  for (bool ended = false; !ended;) {
    try {
      // Whatever its key is.
      const ErasureReceipt receipt = erase_user(backend, alice, {.on_progress = leave});
      ended = true;
      check_counts(receipt, of_alice);
      if (receipt.files != 0) { CHECK(receipt.files == of_alice.counts.at("content")); }
    } catch (const Enough&) { ++calls; }
  }
  // Each kind of record once, and the long session in pieces.
  CHECK(calls > 15);
  CHECK(exported(backend, alice).report.records == 0);
}

CONFORMANCE_TEST("an erasure that was stopped goes on, and says how far it is") {
  Subject subject;
  auto& backend = subject.backend();
  fill_batches(backend, alice);
  const ExportReport of_alice = exported(backend, alice).report;
  std::stop_source stop;
  std::int64_t removed = 0;
  const auto stop_late = [&](const ErasureProgress& progress) {
    CHECK(progress.removed > removed);
    removed = progress.removed;
    if (removed > 1000) { stop.request_stop(); }
  };
  CHECK(code_of([&] {
          erase_user(backend, alice.with_stop(stop.get_token()), {.idempotency_key = "k", .on_progress = stop_late});
        }) == ErrorCode::cancelled);
  CHECK(removed > 1000);
  // By a call that was not given the key.
  check_counts(erase_user(backend, alice), of_alice);
  // The receipt lies under the key with which it was begun.
  check_counts(erase_user(backend, alice, {.idempotency_key = "k"}), of_alice);
}

CONFORMANCE_TEST("a put that is under way while its tenant is erased fails, and leaves nothing") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, alice, "s");
  ErasureReceipt receipt;
  int pieces = 0;
  const ContentReader reader = [&](std::span<char> buffer) -> std::size_t {
    constexpr std::size_t piece = std::size_t{64} << 10U;
    ++pieces;
    if (pieces == 400) { receipt = erase_user(backend, alice); }
    if (pieces > 500) { return 0; }
    const std::size_t size = std::min(buffer.size(), piece);
    std::fill_n(buffer.begin(), size, 'x');
    return size;
  };
  CHECK(code_of([&] { backend.artifact_store().put(alice, {.id = "a", .name = "a"}, reader); }) ==
        ErrorCode::unavailable);
  CHECK(receipt.counts.at("sessions") == 1);
  CHECK(receipt.counts.at("content_uploads") == 1);
  CHECK(receipt.files + receipt.counts["content_chunks"] > 0);
  const ErasureReceipt next = erase_user(backend, alice);
  CHECK(next.counts.empty());
  CHECK(next.files == 0);
  backend.artifact_store().put(alice, {.id = "a", .name = "a"}, "again");
  CHECK(backend.artifact_store().verify(alice, "a") == ContentState::intact);
}

CONFORMANCE_TEST("of several calls with one key each returns the receipt or says that another one has ended it") {
  Subject subject;
  auto& backend = subject.backend();
  fill_batches(backend, alice);
  const ExportReport of_alice = exported(backend, alice).report;
  std::vector<ErasureReceipt> receipts(4);
  std::vector<std::thread> threads;
  for (ErasureReceipt& receipt : receipts) {
    threads.emplace_back([&] {
      try {
        receipt = erase_user(backend, alice, {.idempotency_key = "k"});
        // New data of a tenant that was erased, beside calls that are late.
        backend.artifact_store().put(alice, {.id = "new", .name = "n"}, "new content");
      } catch (const Error& error) { CHECK_MESSAGE(error.code() == ErrorCode::conflict, std::string(error.what())); }
    });
  }
  for (std::thread& thread : threads) { thread.join(); }
  const ErasureReceipt last = erase_user(backend, alice, {.idempotency_key = "k"});
  check_counts(last, of_alice);
  bool returned = false;
  for (const ErasureReceipt& receipt : receipts) {
    if (!receipt.tenant.empty()) {
      CHECK(receipt == last);
      returned = true;
    }
  }
  CHECK(returned);
  CHECK(backend.artifact_store().verify(alice, "new") == ContentState::intact);
}

CONFORMANCE_TEST("what is committed before the time of the receipt is gone, and what is written later is new data") {
  Subject subject;
  auto& backend = subject.backend();
  fill(backend, alice);
  std::atomic<bool> ends{false};
  struct Write {
    std::string id;
    Timestamp begun;
    Timestamp done;
  };
  std::vector<std::vector<Write>> writes(3);
  std::array<std::atomic<int>, 3> successes{};
  std::vector<std::thread> threads;
  for (std::size_t each = 0; each < writes.size(); ++each) {
    threads.emplace_back([&, each] {
      for (int number = 0; !ends; ++number) {
        const std::string id = "s" + std::to_string(each) + "." + std::to_string(number);
        const Timestamp begun = now();
        try {
          if (each == 0) {
            add_session(backend, alice, id);
            backend.session_storage().save_message(alice, id, says("x"));
          } else if (each == 1) {
            backend.artifact_store().put(alice, {.id = id, .name = id}, "content of " + id);
          } else {
            backend.error_store().store(alice, {.id = id, .tool_name = "t", .raw_error = "e"}, {.idempotency_key = id});
          }
          writes[each].push_back({id, begun, now()});
          ++successes.at(each);
        } catch (const Error& error) {
          const bool known = error.code() == ErrorCode::failed_precondition || error.code() == ErrorCode::not_found ||
                             error.code() == ErrorCode::unavailable;
          CHECK_MESSAGE(known, std::string(error.what()));
        }
      }
    });
  }
  // The second one of each kind begins behind the call.
  const auto await_writes = [&] {
    for (const std::atomic<int>& each : successes) {
      for (const int before = each; each < before + 2;) { std::this_thread::sleep_for(std::chrono::milliseconds(1)); }
    }
  };
  await_writes();
  Timestamp verified{};
  for (int round = 0; round < 5; ++round) { verified = erase_user(backend, alice).verified_at; }
  await_writes();
  ends = true;
  for (std::thread& thread : threads) { thread.join(); }
  const auto exists = [&](std::size_t kind, const std::string& id) {
    if (kind == 0) { return !backend.session_storage().load_messages(alice, id).items.empty(); }
    if (kind == 1) { return backend.artifact_store().get(alice, id).has_value(); }
    return backend.error_store().get(alice, id).has_value();
  };
  for (std::size_t kind = 0; kind < writes.size(); ++kind) {
    CAPTURE(kind);
    int gone = 0;
    int kept = 0;
    for (const Write& write : writes[kind]) {
      if (write.done < verified) {
        ++gone;
        CHECK(!exists(kind, write.id));
      }
      if (write.begun > verified) {
        ++kept;
        CHECK(exists(kind, write.id));
      }
    }
    CHECK(gone > 0);
    CHECK(kept > 0);
  }
  for (const Write& write : writes[1]) {
    if (write.begun > verified) { CHECK(backend.artifact_store().verify(alice, write.id) == ContentState::intact); }
  }
  CHECK(!erase_user(backend, alice).tenant.empty());
  CHECK(exported(backend, alice).report.records == 0);
}
