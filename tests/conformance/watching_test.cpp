#include "conformance/subjects.hpp"
#include "heddle/health.hpp"
#include "heddle/metrics.hpp"
#include "heddle/open.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

using namespace heddle;

namespace {

const Context ada = Context::for_user("ada");

/// A backend that a configuration opens, with metrics or without.
class Opened {
 public:
  explicit Opened(bool has_metrics) : backend_(open_json(json(has_metrics))) {}

  AnyBackend& backend() { return backend_; }

 private:
#ifdef HEDDLE_CONFORMANCE_POSTGRES
  [[nodiscard]] std::string json(bool has_metrics) const {
    const auto config = database_.config();
    return std::string(R"({"backend": "STORAGE_BACKEND_TYPE_POSTGRES", "migration": {"auto_migrate": false}, )") +
           R"("metrics": )" + (has_metrics ? "true" : "false") + R"(, "postgres": {"dsn": ")" + config.dsn +
           R"(", "admin_dsn": ")" + config.admin_dsn + R"(", "named_statements": )" +
           (config.named_statements ? "true" : "false") + R"(, "soft_delete": {"enabled": true}}})";
  }
  support::MigratedDatabase database_;
#else
  [[nodiscard]] std::string json(bool has_metrics) const {
    return std::string(R"({"metrics": )") + (has_metrics ? "true" : "false") + R"(, "sqlite": {"path": ")" +
           (folder_.path() / "heddle.db").string() +
           R"(", "administer_tenants": true, "soft_delete": {"enabled": true}}})";
  }
  support::TemporaryFolder folder_;
#endif
  AnyBackend backend_;
};

std::uint64_t calls(const Metrics& metrics, Operation operation, std::optional<ErrorCode> error = {}) {
  for (const OperationMetrics& each : metrics.operations) {
    if (each.operation == operation && each.error == error) { return each.count; }
  }
  return 0;
}

}  // namespace

CONFORMANCE_TEST("a backend is live and ready until it is closed") {
  Subject subject;
  auto& backend = subject.backend();
  const Health well = health(backend, Context{}.with_timeout(std::chrono::minutes(1)));
  CHECK(well.live);
  CHECK(well.ready);
  CHECK(well.reasons.empty());
  REQUIRE(well.details.has_value());
  CHECK(well.details->migration_version > 0);
  CHECK(well.details->migration_version == well.details->latest_version);

  const Health late = health(backend, Context{}.with_timeout(std::chrono::seconds(-1)));
  CHECK(late.live);
  CHECK_FALSE(late.ready);
  REQUIRE(late.reasons.size() == 1);
  CHECK(late.reasons[0].problem == HealthProblem::no_answer_in_time);

  backend.close();
  const Health closed = health(backend);
  CHECK_FALSE(closed.live);
  CHECK_FALSE(closed.ready);
  REQUIRE(closed.reasons.size() == 1);
  CHECK(closed.reasons[0].problem == HealthProblem::closed);
}

TEST_CASE("a backend that is opened with metrics counts operations, messages, commits and connections") {
  Opened opened(true);
  auto& sessions = opened.backend().session_storage();
  const Metrics before = read_metrics(opened.backend()).value();
  sessions.ensure_session(ada, {.id = "s"});
  sessions.save_message(ada, "s", {.content = "one"}, {.idempotency_key = "k"});
  sessions.save_message(ada, "s", {.content = "one"}, {.idempotency_key = "k"});
  sessions.save_turn(ada, "s", {{{.content = "two"}, {.content = "three"}}, {}});
  CHECK(sessions.load_messages(ada, "s").items.size() == 3);
  CHECK(support::code_of([&] { sessions.save_message(ada, "none", {.content = "x"}); }) == ErrorCode::not_found);
  const auto deletion = soft_deletion(opened.backend());
  deletion->soft_delete_session(ada, "s");
  CHECK(deletion->purge_deleted_sessions({}, std::chrono::seconds(0)) == 1);
  for (int error = 0; error < 3; ++error) { opened.backend().error_store().store(ada, {.raw_error = "x"}); }
  CHECK(retention(opened.backend())->apply_retention({}, {.errors = {.max_count = 1}}).errors == 2);

  const Metrics metrics = read_metrics(opened.backend()).value();
  CHECK(metrics.backend == opened.backend().name());
  CHECK(calls(metrics, Operation::save_message) == 2);
  CHECK(calls(metrics, Operation::save_message, ErrorCode::not_found) == 1);
  CHECK(calls(metrics, Operation::load_messages) == 1);
  CHECK(metrics.stored_messages == 3);
  CHECK(metrics.commits > before.commits);
  CHECK(metrics.committed_calls - before.committed_calls >= 4);
  CHECK(metrics.in_doubt == 0);
  REQUIRE_FALSE(metrics.pools.empty());
  CHECK(metrics.pools[0].pool.max_connections > 0);
  CHECK(metrics.pools[0].pool.waiting_calls == 0);
  const auto has_cleaned = [&metrics](Operation operation, std::uint64_t items) {
    return std::any_of(metrics.cleaned.begin(), metrics.cleaned.end(),
                       [&](const CleanedItems& each) { return each.operation == operation && each.items == items; });
  };
  CHECK(has_cleaned(Operation::purge_deleted_sessions, 1));
  CHECK(has_cleaned(Operation::remove_old_errors, 2));
}

TEST_CASE("a backend that is opened without metrics has none") {
  Opened opened(false);
  opened.backend().ping();
  CHECK_FALSE(read_metrics(opened.backend()).has_value());
}
