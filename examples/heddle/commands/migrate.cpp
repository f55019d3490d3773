#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <utility>
#include <vector>

namespace command {
namespace {

struct Options {
  std::optional<std::int32_t> to{};
  std::optional<std::int32_t> up{};
  std::optional<std::int32_t> down{};
  bool dry_run = false;
};

/// A migration that is to run, upwards or downwards.
struct Step {
  const heddle::Migration* migration;
  bool is_up;
};

std::int32_t goal_of(const Options& options, std::int32_t current, std::int32_t latest) {
  std::int32_t goal = options.to.value_or(latest);
  if (options.up) { goal = std::min(latest, current + *options.up); }
  if (options.down) { goal = current - *options.down; }
  if (goal >= 0 && goal <= latest) { return goal; }
  throw heddle::Error(heddle::ErrorCode::invalid_argument, "there is no version " + std::to_string(goal) +
                                                               ": the schema has version " + std::to_string(current) +
                                                               ", and the latest is " + std::to_string(latest));
}

std::vector<Step> steps(const std::vector<heddle::Migration>& migrations, std::int32_t current, std::int32_t goal) {
  std::vector<Step> found;
  for (std::int32_t version = current + 1; version <= goal; ++version) {
    found.push_back({&migrations.at(static_cast<std::size_t>(version) - 1), true});
  }
  for (std::int32_t version = current; version > goal; --version) {
    found.push_back({&migrations.at(static_cast<std::size_t>(version) - 1), false});
  }
  return found;
}

void print(const Step& step, bool with_sql, Call& call) {
  const heddle::Migration& migration = *step.migration;
  const char* const direction = step.is_up ? "up" : "down";
  const std::string& sql = step.is_up ? migration.up : migration.down;
  if (call.json()) {
    JsonLine json;
    json.add("version", std::int64_t{migration.version}).add("name", migration.name).add("direction", direction);
    if (with_sql) { json.add("sql", sql); }
    call.out() << json.line();
  } else if (with_sql) {
    // Comments of SQL, so that the output is a script.
    call.out() << "-- " << direction << " " << migration.version << " " << migration.name << "\n" << sql << "\n";
  } else {
    call.out() << direction << " " << migration.version << " " << migration.name << "\n";
  }
  call.out().flush();
}

ExitCode migrate(const Options& options, Call& call) {
  call.when_interrupted("migrations that are done stay; run the same command again to go on");
  Database database = call.open(options.dry_run ? Access::inspect : Access::migrate);
  const auto migrator = heddle::migrator(database.backend);
  const std::int32_t current = migrator->current_version(call.context());
  const std::int32_t goal = goal_of(options, current, static_cast<std::int32_t>(database.migrations.size()));
  for (const Step& step : steps(database.migrations, current, goal)) {
    // One by one, so that it is seen how far they are.
    const std::int32_t version = step.migration->version;
    if (!options.dry_run) { migrator->to(call.context(), step.is_up ? version : version - 1); }
    print(step, options.dry_run, call);
  }
  if (!call.json() && current == goal) { call.out() << "the schema has version " << current << " already\n"; }
  return ExitCode::done;
}

const Command command_of_migrate{
    Command::Group::work, "migrate", "Bring the schema of a database to a version, and make a new SQLite database",
    [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      auto* const to = app.add_option("--to", options->to, "Up or down to this version; 0 empties the database")
                           ->check(CLI::Range(0, 100'000))
                           ->type_name("VERSION");
      auto* const up = app.add_option("--up", options->up, "Apply at most so many")
                           ->check(CLI::Range(1, 100'000))
                           ->type_name("N")
                           ->excludes(to);
      app.add_option("--down", options->down, "Revert so many: what they added is lost")
          ->check(CLI::Range(1, 100'000))
          ->type_name("N")
          ->excludes(to)
          ->excludes(up);
      app.add_flag("--dry-run", options->dry_run, "Print the SQL that would run, and run nothing");
      app.footer(
          "Without options it applies all that are missing, each in a transaction of its own. On PostgreSQL it needs "
          "--admin, or $LOOM_PG_MIGRATION_DSN. Make a backup before: see production.md, \"Upgrade\".");
      return [options](Call& call) { return migrate(*options, call); };
    }};

}  // namespace
}  // namespace command
