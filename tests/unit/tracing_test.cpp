#include "custom_policy/counting.hpp"
#include "heddle/sqlite.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <memory>
#include <mutex>
#include <string>
#include <vector>

using namespace heddle;

namespace {

struct Record {
  std::string operation{};
  std::string user{};
  std::string parent{};
  std::string error{};

  friend bool operator==(const Record&, const Record&) = default;
};

/// A tracer that keeps what it sees.
class RecordingTracer {
 public:
  class Span {
   public:
    Span(std::shared_ptr<std::vector<Record>> records, Record record)
        : records_(std::move(records)), record_(std::move(record)) {}
    Span(const Span&) = delete;
    Span& operator=(const Span&) = delete;
    Span(Span&&) = delete;
    Span& operator=(Span&&) = delete;
    ~Span() { records_->push_back(record_); }
    void fail(const Error& error) { record_.error = to_string(error.code()); }

   private:
    std::shared_ptr<std::vector<Record>> records_;
    Record record_;
  };

  [[nodiscard]] Span start(const Call& call) noexcept {
    return {records_, {std::string(call.operation), std::string(call.user_id), call.context.trace_parent, ""}};
  }
  [[nodiscard]] const std::vector<Record>& records() const { return *records_; }

 private:
  std::shared_ptr<std::vector<Record>> records_ = std::make_shared<std::vector<Record>>();
};

}  // namespace

TEST_CASE("a tracer sees every operation, its tenant, its parent and its failure") {
  const RecordingTracer tracer;
  Backend<Sqlite, RecordingTracer> backend({.path = ":memory:"}, tracer);
  backend.migrate();
  Context context = Context::for_user("alice");
  context.trace_parent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
  backend.session_storage().save_session(context, {.id = "s"});
  CHECK_THROWS_AS(backend.session_storage().save_message(context, "none", {.content = "x"}), Error);
  (void)backend.error_store().list({});
  CHECK(tracer.records() == std::vector<Record>{{"migrate_up", "", "", ""},
                                                {"save_session", "alice", context.trace_parent, ""},
                                                {"save_message", "alice", context.trace_parent, "not_found"},
                                                {"list_errors", "default-user", "", ""}});
}

TEST_CASE("no tracer costs no room") {
  struct Probe {
    [[no_unique_address]] NoTracing tracer{};
    char byte = 0;
  };
  static_assert(sizeof(Probe) == 1);
  static_assert(Tracer<NoTracing>);
  static_assert(Tracer<RecordingTracer>);
  static_assert(!Tracer<int>);
}

TEST_CASE("a decorator policy sees each operation as one unit of work") {
  using Policy = Counting<Sqlite>;
  static_assert(StoragePolicy<Policy>);
  static_assert(StorageBackend<Backend<Policy>>);
  Backend<Policy> backend({.path = ":memory:"});
  backend.migrate();
  const auto units = [&](auto&& action) {
    const auto before = Policy::reads + Policy::writes;
    action();
    return Policy::reads + Policy::writes - before;
  };
  auto& store = backend.session_storage();
  CHECK(units([&] { store.save_session({}, {.id = "s"}); }) == 1);
  CHECK(units([&] {
          store.save_message({}, "s", {.content = "x"}, {.idempotency_key = "k", .expected_sequence = 0});
        }) == 1);
  CHECK(units([&] { store.save_turn({}, "s", {{{.content = "a"}, {.content = "b"}}, {{.tool_name = "t"}}}); }) == 1);
  CHECK(units([&] { (void)store.load_session({}, "s"); }) == 1);
  CHECK(units([&] { (void)store.search_messages({}, {.query = "x"}); }) == 1);
  CHECK(units([&] { (void)store.statistics({}); }) == 1);
  CHECK(units([&] { backend.error_store().store({}, {.raw_error = "x"}); }) == 1);
  CHECK(units([&] { backend.artifact_store().index({}, {.name = "a"}); }) == 1);
  CHECK(units([&] { backend.result_store().store({}, {.id = "r", .table = {{"c"}, {}}}); }) == 1);
  CHECK(units([&] { (void)backend.result_store().query({}, "r", "SELECT 1"); }) == 1);
  std::string request;
  CHECK(units([&] { request = backend.human_request_store().store({}, {.question = "?"}); }) == 1);
  CHECK(units([&] { backend.human_request_store().respond({}, request, {}); }) == 1);
}
