#include "../command.hpp"
#include "../counts.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>
#include <heddle/model/retention.hpp>

#include <array>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command {
namespace {

struct Options {
  std::int64_t hours = 24;
  std::vector<std::string> older{};
  std::vector<std::string> keep{};
  bool rules = false;
};

/// A type of records that rules of retention remove.
struct Kind {
  std::string_view name;
  heddle::RetentionRule heddle::RetentionConfig::*rule;
  std::int64_t heddle::RetentionReport::*removed;
};

using Rules = heddle::RetentionConfig;
using Removed = heddle::RetentionReport;
constexpr std::array<Kind, 8> kinds{{{"sessions", &Rules::sessions, &Removed::sessions},
                                     {"hidden_branches", &Rules::hidden_branches, &Removed::hidden_branches},
                                     {"snapshots", &Rules::snapshots, &Removed::snapshots},
                                     {"errors", &Rules::errors, &Removed::errors},
                                     {"artifacts", &Rules::artifacts, &Removed::artifacts},
                                     {"results", &Rules::results, &Removed::results},
                                     {"requests", &Rules::requests, &Removed::requests},
                                     {"keys", &Rules::keys, &Removed::keys}}};

[[noreturn]] void refuse(const std::string& option, const std::string& text) {
  std::string names;
  for (const Kind& kind : kinds) { names.append(names.empty() ? "" : ", ").append(kind.name); }
  throw heddle::Error(heddle::ErrorCode::invalid_argument,
                      option + " has no meaning: " + text + "; it is TYPE=" +
                          (option == "--keep" ? "NUMBER" : "NUMBER and d, h or m, such as sessions=90d") +
                          ", the types are " + names);
}

/// Splits `TYPE=NUMBER`, with a unit behind the number if units are given; calls `use(rule, number, unit)`.
template <class Use>
void read_rule(const std::string& option, const std::string& text, Rules& rules, Use&& use) {
  const std::size_t middle = text.find('=');
  if (middle == std::string::npos) { refuse(option, text); }
  const std::string_view name = std::string_view(text).substr(0, middle);
  const std::string_view value = std::string_view(text).substr(middle + 1);
  std::int64_t number = 0;
  const auto [rest, failure] = std::from_chars(value.data(), value.data() + value.size(), number);
  constexpr std::int64_t most = 1'000'000;
  if (failure != std::errc() || number < 1 || number > most) { refuse(option, text); }
  const std::string_view unit = value.substr(static_cast<std::size_t>(rest - value.data()));
  for (const Kind& kind : kinds) {
    if (kind.name == name && use(rules.*kind.rule, number, unit)) { return; }
  }
  refuse(option, text);
}

bool set_age(heddle::RetentionRule& rule, std::int64_t number, std::string_view unit) {
  if (unit != "d" && unit != "h" && unit != "m") { return false; }
  rule.max_age = std::chrono::minutes(number * (unit == "d" ? 24 * 60 : unit == "h" ? 60 : 1));
  return true;
}

bool set_count(heddle::RetentionRule& rule, std::int64_t number, std::string_view unit) {
  rule.max_count = number;
  return unit.empty();
}

Rules rules_of(const Options& options, const Database& database) {
  Rules rules;
  if (options.rules) {
    rules = database.retention;
    if (!rules.is_set()) {
      throw heddle::Error(heddle::ErrorCode::invalid_argument,
                          "--rules: the database is not named by a configuration file with rules of retention");
    }
  }
  for (const std::string& each : options.older) { read_rule("--older", each, rules, &set_age); }
  for (const std::string& each : options.keep) { read_rule("--keep", each, rules, &set_count); }
  return rules;
}

struct Swept {
  std::int64_t tenants = 0;
  std::int64_t results = 0;
  std::int64_t requests = 0;
  std::int64_t contents = 0;
  bool has_rules = false;
  Removed by_rules{};
};

Removed apply(const Rules& rules, Database& database, Call& call) {
  if (!call.named_tenant().empty()) {
    throw heddle::Error(heddle::ErrorCode::invalid_argument, "rules are for all tenants: they cannot be named");
  }
  const auto retention = heddle::retention(database.backend);
  if (!retention) {
    throw heddle::Error(heddle::ErrorCode::failed_precondition, "rules need a role that sees all tenants: --admin DSN");
  }
  return retention->apply_retention(call.context(), rules);
}

Swept run(const Options& options, Database& database, Call& call) {
  const Rules rules = rules_of(options, database);
  Progress progress("sweeping");
  Swept swept;
  if (rules.is_set()) {
    swept.has_rules = true;
    progress.show("applying the rules", 0, 0);
    swept.by_rules = apply(rules, database, call);
  }
  const std::vector<std::string> tenants = call.tenants(database);
  for (const std::string& user : tenants) {
    progress.show("sweeping tenants", swept.tenants++, static_cast<std::int64_t>(tenants.size()));
    const heddle::Context tenant = call.context_of(user);
    swept.results += database.backend.result_store().expire(tenant);
    swept.requests += database.backend.human_request_store().expire(tenant);
    swept.contents += database.backend.artifact_store().sweep_orphans(tenant, std::chrono::hours(options.hours));
  }
  return swept;
}

ExitCode sweep(const Options& options, Call& call) {
  call.when_interrupted("what is removed is gone; run the same command again to go on");
  Database database = call.open(Access::write);
  const Swept swept = run(options, database, call);
  if (call.json()) {
    JsonLine json;
    json.add("tenants", swept.tenants)
        .add("expired_results", swept.results)
        .add("expired_requests", swept.requests)
        .add("orphans", swept.contents)
        .begin_object("by_rules");
    for (const Kind& kind : kinds) { json.add(kind.name, swept.by_rules.*kind.removed); }
    call.out() << json.end_object().line();
    return ExitCode::done;
  }
  if (swept.has_rules) {
    Counts counts;
    for (const Kind& kind : kinds) { counts[std::string(kind.name)] = swept.by_rules.*kind.removed; }
    const std::string removed = counts_text(counts);
    call.out() << (removed.empty() ? "the rules remove nothing\n" : "removed by the rules:\n" + removed);
  }
  call.out() << "removed " << with_commas(swept.results) << " expired results and " << with_commas(swept.contents)
             << " leftovers of uploads, and ended " << with_commas(swept.requests) << " requests whose time is over\n";
  return ExitCode::done;
}

const Command command_of_sweep{
    Command::Group::work, "sweep", "Remove what is expired, leftovers of uploads, and by rules what is old",
    [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("--hours", options->hours, "Uploads that have stored nothing for so long are interrupted ones")
          ->capture_default_str()
          ->check(CLI::Range(1, 24 * 366))
          ->type_name("N");
      app.add_option("--older", options->older,
                     "Remove records of a type that are older, such as sessions=90d; d, h, m")
          ->allow_extra_args(false)
          ->type_name("TYPE=AGE");
      app.add_option("--keep", options->keep, "Keep only the newest of a type of each tenant, such as snapshots=100")
          ->allow_extra_args(false)
          ->type_name("TYPE=N");
      app.add_flag("--rules", options->rules, "Apply the rules of retention of the configuration file, too");
      app.footer(
          "Of one tenant with --user, else of all. Types for --older and --keep, which are for all tenants: sessions, "
          "hidden_branches, snapshots, errors, artifacts, results, requests, keys.");
      return [options](Call& call) { return sweep(*options, call); };
    }};

}  // namespace
}  // namespace command
