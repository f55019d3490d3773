// An import that two calls undo: the one that is late must take nothing from what was begun since.
#include "heddle/sqlite/policy.ipp"

#include "heddle/erasure.hpp"
#include "heddle/erasure/operations.ipp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "heddle/transfer/operations.ipp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

using namespace heddle;

namespace {

const Context alice = Context::for_user("alice");

/// A policy that calls a function before a unit of work of `abort_import` that writes.
template <class Inner>
struct Interrupting : Inner {
  class Engine : public Inner::Engine {
   public:
    using Inner::Engine::Engine;

    template <class Work>
    auto write(const Call& call, Work& work) {
      if (call.operation == Operation::abort_import && --writes == 0) { std::exchange(meanwhile, nullptr)(); }
      return Inner::Engine::write(call, work);
    }
  };

  static inline int writes = 0;
  static inline std::function<void()> meanwhile;
};
using Interrupted = Interrupting<Sqlite>;

struct Stopped {};

/// Returns the stream of alice, with the same time each time.
template <class Policy>
std::string exported(Backend<Policy>& backend) {
  std::string stream;
  const ExportOptions options{.time = Timestamp(std::chrono::microseconds(1))};
  export_user(
      backend, alice, [&](std::string_view bytes) { stream += bytes; }, options);
  return stream;
}

/// Returns a stream with some of what an abort removes by other statements.
std::string source_stream() {
  Backend<Sqlite> backend({.path = ":memory:"});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_messages(alice, "s", std::vector<Message>{{.content = "one"}, {.content = "two"}, {.content = "three"}},
                      {.idempotency_key = "k"});
  store.fold_messages(alice, "s", {1, 2}, {.content = "sum"});
  store.fork_session(alice, "s", 2, {.id = "fork"});
  backend.artifact_store().put(alice, {.id = "a", .name = "a"}, "content");
  backend.result_store().store(alice, {.id = "r", .table = {{"x"}, {{std::string("y")}}}});
  return exported(backend);
}

/// Writes all records, but does not end.
void leave_import(Backend<Interrupted>& backend, const std::string& stream) {
  const auto stop_at_end = [](const ImportProgress& progress) {
    if (progress.stored == progress.records) { throw Stopped(); }
  };
  CHECK_THROWS_AS(import_user(backend, alice, stream, {.on_progress = stop_at_end}), Stopped);
}

}  // namespace

TEST_CASE("an abort that is late takes nothing from an import that was begun since") {
  const std::string stream = source_stream();
  for (const bool erases : {false, true}) {
    int write = 1;
    for (bool interrupted = true; interrupted; ++write) {
      CAPTURE(erases);
      CAPTURE(write);
      const support::TemporaryFolder folder;
      Backend<Interrupted> backend({.path = (folder.path() / "heddle.db").string()});
      backend.migrate();
      leave_import(backend, stream);
      interrupted = false;
      Interrupted::writes = write;
      Interrupted::meanwhile = [&] {
        interrupted = true;
        if (erases) {
          erase_user(backend, alice);
        } else {
          abort_import(backend, alice);
        }
        leave_import(backend, stream);
      };
      ErrorCode code{};
      bool lost = false;
      try {
        abort_import(backend, alice);
      } catch (const Error& error) {
        lost = true;
        code = error.code();
      }
      // The first write says which import is to be undone.
      CHECK(lost == (interrupted && write > 1));
      if (lost) { CHECK(code == ErrorCode::conflict); }
      Interrupted::writes = 0;
      if (!interrupted || write == 1) { continue; }
      CHECK(import_user(backend, alice, stream).resumed);
      CHECK(exported(backend) == stream);
    }
    CHECK(write > 6);
  }
}
