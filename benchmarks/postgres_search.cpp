// Searches 200,000 messages of four tenants under row security, with the application's role; prints the plans of
// PostgreSQL and the times through Heddle.
#include "measure.hpp"
#include "postgres_setup.hpp"
#include "support/plans.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

namespace {

constexpr int tenants = 4;
constexpr int sessions = 500;    // of a tenant
constexpr int in_session = 100;  // messages
constexpr int searches = 25;

void fill(heddle::Backend<heddle::Postgres>& backend, int tenant) {
  const auto context = heddle::Context::for_user(benchmarks::numbered("tenant", tenant));
  benchmarks::TextSource source(static_cast<std::uint32_t>(tenant));
  for (int session = 0; session < sessions; ++session) {
    const std::string id = benchmarks::numbered("s", session);
    backend.session_storage().save_session(context, {.id = id});
    std::vector<heddle::Message> batch(in_session);
    for (std::size_t index = 0; index < batch.size(); ++index) {
      // Words that are in every tenth, thousandth and ten-thousandth message.
      const std::size_t number = static_cast<std::size_t>(session) * in_session + index;
      batch[index].content = source.next(30) + (number % 10 == 0 ? "common " : "") +
                             (number % 1000 == 0 ? "medium " : "") + (number % 10000 == 0 ? "rare" : "");
    }
    backend.session_storage().save_messages(context, id, batch);
  }
}

}  // namespace

int main() {
  benchmarks::PostgresSetup setup;
  heddle::Backend<heddle::Postgres> backend(benchmarks::PostgresSetup::config(setup.app_dsn(), 2));
  std::vector<std::thread> filling;
  for (int half = 0; half < 2; ++half) {
    filling.emplace_back([&backend, half] {
      for (int tenant = half; tenant < tenants; tenant += 2) { fill(backend, tenant); }
    });
  }
  for (auto& each : filling) { each.join(); }
  support::RawPostgres(setup.superuser_dsn()).execute("VACUUM ANALYZE");

  support::Plans plans(setup.superuser_dsn(), "heddle_app");
  for (const char* const arguments : {"'rare', NULL, NULL, 20, 0", "'rare', 's0', NULL, 20, 0"}) {
    std::printf("heddle_search_messages(%s):\n", arguments);
    for (const std::string& plan : plans.of(
             "BEGIN; SELECT set_config('search_path', 'public', true), set_config('heddle.user_id', 'tenant1', true); "
             "SELECT * FROM heddle_search_messages(" +
             std::string(arguments) + "); COMMIT")) {
      if (plan.find("messages m") != std::string::npos) { std::printf("%s\n", plan.c_str()); }
    }
  }
  const auto context = heddle::Context::for_user("tenant1");
  for (const char* const word : {"rare", "medium", "common"}) {
    std::vector<double> times;
    for (int index = 0; index < searches; ++index) {
      times.push_back(benchmarks::seconds(
          [&] { static_cast<void>(backend.session_storage().search_messages(context, {.query = word})); }));
    }
    std::printf("%-7s word, 200,000 messages: %8.2f ms\n", word, 1e3 * benchmarks::quantile(times, 0.5));
  }
}
