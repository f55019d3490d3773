#include "../command.hpp"
#include "../database_size.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::int64_t seconds = 10;
  bool full = false;
};

/// Says what writing the file anew takes, before it begins.
void announce_full(const Database& database, const Call& call) {
  const std::optional<std::int64_t> bytes = size_of(database).database;
  if (call.json()) {
    JsonLine json;
    json.add("notice", "writing the whole file anew: that takes as much space again, and other writes wait");
    std::cerr << json.add("database_bytes", bytes).line();
    return;
  }
  std::cerr << "writing the whole file" << (bytes ? " of " + in_bytes(static_cast<double>(*bytes)) : "")
            << " anew: that takes as much space again, and other writes wait\n";
}

heddle::CompactReport run(const Options& options, Database& database, Call& call) {
  const auto compaction = heddle::compaction(database.backend);
  if (!compaction) {
    throw heddle::Error(heddle::ErrorCode::failed_precondition,
                        "PostgreSQL gives space back by VACUUM, which it runs by itself");
  }
  if (options.full) { announce_full(database, call); }
  try {
    return compaction->compact(call.context(), {.full = options.full, .time = std::chrono::seconds(options.seconds)});
  } catch (const heddle::Error& error) {
    if (options.full || error.code() != heddle::ErrorCode::failed_precondition) { throw; }
    throw heddle::Error(error.code(), std::string(error.what()) + ": `heddle compact --full`");
  }
}

ExitCode compact(const Options& options, Call& call) {
  call.when_interrupted(options.full ? "the file is as it was" : "what is given back is; run it again to go on");
  Database database = open_database(call.database(), Access::write, call.context());
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
      app.add_flag("--full", options->full,
                   "Write the whole file anew: as much space again is needed, and writes wait");
      app.footer(
          "Without --full it works in short steps between the writes of others. An older file, or one that was made "
          "without incremental_vacuum, needs --full once.");
      return [options](Call& call) { return compact(*options, call); };
    }};

}  // namespace
}  // namespace command
