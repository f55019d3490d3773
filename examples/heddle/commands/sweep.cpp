#include "../command.hpp"
#include "../json_line.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

namespace command {
namespace {

struct Options {
  std::int64_t hours = 24;
};

struct Swept {
  std::int64_t results = 0;
  std::int64_t requests = 0;
  std::int64_t contents = 0;
};

ExitCode sweep(const Options& options, Call& call) {
  call.when_interrupted("what is removed is gone; run the same command again to go on");
  Database database = call.open(Access::write);
  Swept swept;
  const std::vector<std::string> tenants = call.tenants(database);
  {
    Progress progress("sweeping");
    std::int64_t done = 0;
    for (const std::string& user : tenants) {
      progress.show(done++, static_cast<std::int64_t>(tenants.size()));
      const heddle::Context tenant = call.context_of(user);
      swept.results += database.backend.result_store().expire(tenant);
      swept.requests += database.backend.human_request_store().expire(tenant);
      swept.contents += database.backend.artifact_store().sweep_orphans(tenant, std::chrono::hours(options.hours));
    }
  }
  if (call.json()) {
    call.out() << JsonLine()
                      .add("tenants", static_cast<std::int64_t>(tenants.size()))
                      .add("expired_results", swept.results)
                      .add("expired_requests", swept.requests)
                      .add("orphans", swept.contents)
                      .line();
  } else {
    call.out() << "removed " << with_commas(swept.results) << " expired results and " << with_commas(swept.contents)
               << " leftovers of uploads, and ended " << with_commas(swept.requests)
               << " requests whose time is over\n";
  }
  return ExitCode::done;
}

const Command command_of_sweep{
    "sweep", "Remove what is expired and what interrupted uploads have left", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("--hours", options->hours, "Uploads that have stored nothing for so long are interrupted ones")
          ->capture_default_str()
          ->check(CLI::Range(1, 24 * 366));
      app.footer("Of one tenant with --user, else of all that the database lists.");
      return [options](Call& call) { return sweep(*options, call); };
    }};

}  // namespace
}  // namespace command
