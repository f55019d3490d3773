#include "conformance/erasures.hpp"
#include "conformance/hostile_streams.hpp"

#include <doctest/doctest.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <thread>
#include <vector>

using namespace conformance;
using namespace heddle;

// Erasures beside all that a tenant, and others, do at the same time.

namespace {

/// Calls `work` again and again, in threads of their own, until it is destroyed. What is refused because the tenant is
/// being erased, or because a record is gone, is no failure.
class Busy {
 public:
  explicit Busy(const std::vector<std::function<void(const std::string& id)>>& works) {
    for (std::size_t each = 0; each < works.size(); ++each) {
      threads_.emplace_back([this, each, work = works[each]] {
        for (int number = 0; !ends_; ++number) {
          try {
            work(std::to_string(each) + "." + std::to_string(number));
            ++successes_;
          } catch (const Error& error) {
            const bool is_known = error.code() == ErrorCode::failed_precondition ||
                                  error.code() == ErrorCode::not_found || error.code() == ErrorCode::unavailable ||
                                  error.code() == ErrorCode::conflict || error.code() == ErrorCode::already_exists;
            CHECK_MESSAGE(is_known, each, ": ", std::string(error.what()));
          }
        }
      });
    }
  }
  Busy(const Busy&) = delete;
  Busy& operator=(const Busy&) = delete;
  Busy(Busy&&) = delete;
  Busy& operator=(Busy&&) = delete;
  ~Busy() {
    ends_ = true;
    for (std::thread& thread : threads_) { thread.join(); }
  }

  [[nodiscard]] int successes() const { return successes_; }

 private:
  std::atomic<bool> ends_{false};
  std::atomic<int> successes_{0};
  std::vector<std::thread> threads_;
};

/// Erases the tenant. Calls again, as it is told to, if a read of another thread has kept the log for long: on a busy
/// machine none of them needs to be a long one.
template <class Backend>
ErasureReceipt erased_in_the_end(Backend& backend, const Context& context) {
  for (int left = 3;; --left) {
    try {
      return erase_user(backend, context);
    } catch (const Error& error) {
      if (left == 0 || error.code() != ErrorCode::unavailable) { throw; }
    }
  }
}

}  // namespace

CONFORMANCE_TEST("a tenant is erased while it writes, imports, exports, sweeps and deletes, and nothing is left") {
  using namespace std::chrono_literals;
  Subject subject;
  auto& backend = subject.backend();
  fill(backend, bob);
  const std::string of_bob = exported(backend, bob).bytes;
  const std::string stream = source_stream<Subject>();
  auto& store = backend.session_storage();
  auto& artifacts = backend.artifact_store();
  {
    const Busy busy({
        [&](const std::string& id) {
          add_session(backend, alice, id);
          store.save_messages(alice, id, std::vector(20, says("words of " + id)), {.idempotency_key = id});
          store.fold_messages(alice, id, {2, 9}, {.content = "summary of " + id});
          store.fork_session(alice, id, 15, {.id = "fork of " + id});
          store.rewind_session(alice, id, 12);
          store.save_snapshot(alice, {.id = id, .session_id = id, .content = id});
          auto text = backend.stream_store().begin(alice, id, {.role = Role::assistant});
          backend.stream_store().append(alice, text, "it grows");
          store.delete_session(alice, id);
        },
        [&](const std::string& id) {
          artifacts.put(alice, {.id = id, .name = id}, "content of " + id);
          artifacts.put(alice, {.id = id, .name = id}, "second content of " + id);
          artifacts.set_quota(alice, std::int64_t{1} << 40U);
          artifacts.remove(alice, id, DeleteMode::hard);
          artifacts.sweep_orphans(alice, 1h);
        },
        [&](const std::string& id) {
          backend.error_store().store(alice, {.id = id, .tool_name = "t", .raw_error = id}, {.idempotency_key = id});
          backend.human_request_store().store(alice, {.id = id, .agent_id = "a", .question = id});
          backend.result_store().store(alice, {.id = id, .table = {{"a"}, {{id}}}});
        },
        [&](const std::string& /*id*/) {
          try {
            import_user(backend, alice, stream, {.on_conflict = OnConflict::skip});
          } catch (const Error& /*of the import*/) {
            abort_import(backend, alice);
            throw;
          }
        },
        [&](const std::string& /*id*/) {
          exported(backend, alice);
          static_cast<void>(store.search_messages(alice, {.query = "words"}));
          for (const Artifact& artifact : artifacts.list(alice).items) {
            static_cast<void>(artifacts.verify(alice, artifact.id));
          }
        },
        [&](const std::string& id) {
          store.save_message(bob, "root", says("words of bob " + id));
          add_session(backend, bob, id);
          artifacts.put(bob, {.id = id, .name = id}, "content of bob");
          store.delete_session(bob, id);
          artifacts.remove(bob, id, DeleteMode::hard);
        },
    });
    for (int round = 0; round < 6 || busy.successes() < 100; ++round) {
      const ErasureReceipt receipt = erased_in_the_end(backend, alice);
      CHECK(!receipt.digest.empty());
    }
  }
  erase_user(backend, alice);
  CHECK(erase_user(backend, alice).counts.empty());
  CHECK(exported(backend, alice).report.records == 0);
  CHECK(!abort_import(backend, alice));
  CHECK(store.search_messages(alice, {.query = "words"}).items.empty());
  // All that bob had, and what he has written.
  const auto before = lines_of(of_bob);
  const auto after = exported(backend, bob);
  CHECK(after.report.records > static_cast<std::int64_t>(before.size()) - 2);
  for (const char* id : {"a1", "a2", "a3"}) { CHECK(artifacts.verify(bob, id) == ContentState::intact); }
  // A new import into a tenant that was erased has nothing in its way.
  import_user(backend, alice, stream, {.artifact_quota = true});
  CHECK(exported(backend, alice).bytes == stream);
}
