#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::int64_t seconds = 10;
  bool full = false;
  bool by_steps = false;
};

heddle::CompactReport run(const Options& options, Database& database, Call& call) {
  const auto compaction = heddle::compaction(database.backend);
  if (!compaction) {
    throw heddle::Error(heddle::ErrorCode::failed_precondition,
                        "PostgreSQL gives space back by VACUUM, which it runs by itself");
  }
  try {
    return compaction->compact(call.context(), {.full = options.full, .time = std::chrono::seconds(options.seconds)});
  } catch (const heddle::Error& error) {
    if (options.full || error.code() != heddle::ErrorCode::failed_precondition) { throw; }
    throw heddle::Error(error.code(), std::string(error.what()) +
                                          ": `heddle compact --full`, with --by-steps if "
                                          "steps shall do it from then on");
  }
}

ExitCode compact(const Options& options, Call& call) {
  call.when_interrupted(options.full ? "the file is as it was" : "what is given back is; run it again to go on");
  DatabaseName name = call.database();
  name.incremental_vacuum = options.by_steps;
  Database database = open_database(name, Access::write, call.context());
  if (options.full && !call.json()) {
    std::cerr << "writing the whole file anew: that takes as much space again, and other writes wait\n";
  }
  const heddle::CompactReport report = run(options, database, call);
  if (call.json()) {
    call.out() << JsonLine()
                      .add("freed_bytes", report.freed_bytes)
                      .add("unused_bytes", report.unused_bytes)
                      .add("file_is_shorter", report.file_is_shorter)
                      .line();
    return ExitCode::done;
  }
  call.out() << "gave back " << in_bytes(static_cast<double>(report.freed_bytes));
  if (report.unused_bytes != 0) {
    call.out() << "; " << in_bytes(static_cast<double>(report.unused_bytes)) << " more are not used: compact again";
  }
  call.out() << "\n";
  if (!report.file_is_shorter) { call.out() << "a reader keeps the log: the file gets shorter with a later write\n"; }
  return ExitCode::done;
}

const Command command_of_compact{
    Command::Group::work, "compact", "Give unused space of a SQLite file back to the system", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("--seconds", options->seconds, "Begin no further step after so many seconds")
          ->capture_default_str()
          ->check(CLI::Range(0, 86'400))
          ->type_name("N");
      auto* const full = app.add_flag("--full", options->full,
                                      "Write the whole file anew: as much space again is needed, and writes wait");
      app.add_flag("--by-steps", options->by_steps, "With --full: so that later ones need short steps only")
          ->needs(full);
      app.footer(
          "Without --full it works in short steps between the writes of others. An older file, or one that was made "
          "without incremental_vacuum, needs --full --by-steps once.");
      return [options](Call& call) { return compact(*options, call); };
    }};

}  // namespace
}  // namespace command
