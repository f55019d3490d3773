#include "conformance/erasures.hpp"

#include "heddle/detail/crypto/sha256.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

using namespace conformance;
using namespace heddle;
using support::code_of;

// What is left of a tenant that was erased, and what its receipt says.

namespace {

std::string digest_of(const std::string& text) { return detail::crypto::sha256_hex(std::as_bytes(std::span(text))); }

}  // namespace

CONFORMANCE_TEST("everything of a tenant goes, nothing of others, and the receipt counts it") {
  Subject subject;
  auto& backend = subject.backend();
  fill_batches(backend, alice);
  fill(backend, bob);
  const Exported of_bob = exported(backend, bob);
  const ExportReport of_alice = exported(backend, alice).report;
  const Timestamp before = now();
  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "k"});
  check_counts(receipt, of_alice);
  CHECK(receipt.tenant == digest_of("alice"));
  CHECK(receipt.started_at >= before);
  CHECK(receipt.verified_at >= receipt.started_at);
  CHECK(receipt.verified_at <= now());
  CHECK(receipt.digest == digest_of(receipt_text(receipt)));
  CHECK(receipt_text(receipt).find("alice") == std::string::npos);
  if (receipt.files != 0) {
    CHECK(receipt.files == of_alice.counts.at("content"));
    CHECK(receipt.bytes > (std::int64_t{2} << 20U));
  } else {
    CHECK(receipt.counts.contains("content_chunks"));
  }

  CHECK(exported(backend, alice).report.records == 0);
  CHECK(backend.session_storage().statistics(alice) == SessionStatistics{});
  CHECK(backend.artifact_store().list(alice, {.include_deleted = true}).items.empty());
  for (const char* query : {"heddle", "message", "number", "heir"}) {
    CHECK(backend.session_storage().search_messages(alice, {.query = query}).items.empty());
  }
  CHECK(backend.artifact_store().search(alice, {.query = "report"}).items.empty());
  CHECK(exported(backend, bob).bytes == of_bob.bytes);
  for (const char* id : {"a1", "a2", "a3"}) { CHECK(backend.artifact_store().verify(bob, id) == ContentState::intact); }
  CHECK(!backend.session_storage().search_messages(bob, {.query = "heddle"}).items.empty());
}

CONFORMANCE_TEST("a tenant that was erased begins anew, and a repeat of the key removes nothing") {
  Subject subject;
  auto& backend = subject.backend();
  fill(backend, alice);
  const ErasureReceipt receipt = erase_user(backend, alice, {.idempotency_key = "k"});
  fill(backend, alice);
  CHECK(!backend.session_storage().search_messages(alice, {.query = "heddle"}).items.empty());
  const Exported anew = exported(backend, alice);
  CHECK(erase_user(backend, alice, {.idempotency_key = "k"}) == receipt);
  CHECK(exported(backend, alice).bytes == anew.bytes);

  // Keys belong to tenants.
  CHECK(erase_user(backend, bob, {.idempotency_key = "k"}).counts.empty());
  CHECK(exported(backend, alice).bytes == anew.bytes);
  // Another key is another erasure, and so is none.
  check_counts(erase_user(backend, alice, {.idempotency_key = "l"}), anew.report);
  add_session(backend, alice, "s");
  const ErasureReceipt third = erase_user(backend, alice);
  CHECK(third.counts == std::map<std::string, std::int64_t>{{"branches", 1}, {"segments", 1}, {"sessions", 1}});
  CHECK(third.files == 0);
  CHECK(erase_user(backend, alice, {.idempotency_key = "k"}) == receipt);
  CHECK(code_of([&] { erase_user(backend, alice, {.idempotency_key = std::string(256, 'k')}); }) ==
        ErrorCode::invalid_argument);
}

CONFORMANCE_TEST("an erasure removes what an import has begun, and refuses to be taken for one") {
  Subject subject;
  Subject other;
  fill(subject.backend(), alice);
  auto& target = other.backend();
  const std::string stream = exported(subject.backend(), alice).bytes;
  struct Enough {};
  CHECK_THROWS_AS(import_user(target, alice, stream, {.on_progress = [](const ImportProgress&) { throw Enough(); }}),
                  Enough);
  CHECK(erase_user(target, alice).counts.at("import_numbers") > 0);
  CHECK(!abort_import(target, alice));
  CHECK(exported(target, alice).report.records == 0);
  CHECK(!import_user(target, alice, stream, {.artifact_quota = true}).resumed);
  CHECK(exported(target, alice).bytes == stream);
}

CONFORMANCE_TEST("an erasure removes summaries for which an import has not stored the folds yet") {
  Subject subject;
  Subject other;
  auto& source = subject.backend();
  add_session(source, alice, "s");
  constexpr std::int64_t folds = 600;
  source.session_storage().save_messages(alice, "s", std::vector<heddle::Message>(2 * folds, says("x")));
  for (std::int64_t fold = 0; fold < folds; ++fold) {
    source.session_storage().fold_messages(alice, "s", {2 * fold + 1, 2 * fold + 2}, {.content = "summary"});
  }
  auto& target = other.backend();
  struct Enough {};
  CHECK_THROWS_AS(import_user(target, alice, exported(source, alice).bytes,
                              {.on_progress = [](const ImportProgress&) { throw Enough(); }}),
                  Enough);
  const ErasureReceipt receipt = erase_user(target, alice);
  CHECK(receipt.counts.at("summaries") > 400);
  CHECK(receipt.counts.at("summaries") < folds);
  CHECK(!receipt.counts.contains("messages"));
}

CONFORMANCE_TEST("cleanup hooks run for each session of a tenant that is erased") {
  Subject subject;
  auto& backend = subject.backend();
  add_session(backend, alice, "a");
  add_session(backend, alice, "b");
  add_session(backend, bob, "c");
  std::map<std::string, int> runs;
  bool fails = true;
  backend.session_storage().add_cleanup_hook([&](const Context&, const std::string& id) {
    ++runs[id];
    if (fails) { throw Error(ErrorCode::unavailable, "not now"); }
  });
  CHECK(code_of([&] { erase_user(backend, alice, {.idempotency_key = "k"}); }) == ErrorCode::unavailable);
  fails = false;
  CHECK(erase_user(backend, alice, {.idempotency_key = "k"}).counts.at("sessions") == 2);
  // Once each: those of one batch although the first one failed.
  CHECK(runs == std::map<std::string, int>{{"a", 1}, {"b", 1}});
}

CONFORMANCE_TEST("an erasure ends though a cleanup hook always throws: each call goes on behind the sessions before") {
  Subject subject;
  auto& backend = subject.backend();
  // Too many messages for one batch.
  for (const char* id : {"a", "b", "c"}) {
    add_session(backend, alice, id);
    backend.session_storage().save_messages(alice, id, std::vector(600, says("x")));
  }
  std::vector<std::string> runs;
  backend.session_storage().add_cleanup_hook([&](const Context&, const std::string& id) {
    runs.push_back(id);
    throw Error(ErrorCode::unavailable, "never");
  });
  for (std::size_t calls = 1; calls <= 3; ++calls) {
    CHECK(code_of([&] { erase_user(backend, alice, {.idempotency_key = "k"}); }) == ErrorCode::unavailable);
    CHECK(runs.size() == calls);
  }
  CHECK(runs == std::vector<std::string>{"a", "b", "c"});
  CHECK(erase_user(backend, alice, {.idempotency_key = "k"}).counts.at("sessions") == 3);
  CHECK(runs.size() == 3);
}
