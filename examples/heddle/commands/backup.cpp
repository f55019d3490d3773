#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>

namespace command {
namespace {

struct Options {
  std::string target{};
};

/// Reads the copy as it is, which must be Heddle's and have the schema of the original.
void verify(const std::string& target, std::int32_t version, Call& call) {
  Database copy = open_database({.name = target, .immutable = true}, Access::inspect, call.context());
  if (copy.backend.details(call.context()).migration_version == version) { return; }
  throw heddle::Error(heddle::ErrorCode::data_loss, "the backup has another schema than the database: " + target);
}

ExitCode back_up(const Options& options, Call& call) {
  call.when_interrupted("nothing is left of the backup; run the same command again");
  Database database = call.open(Access::inspect);
  const auto backup = heddle::online_backup(database.backend);
  if (!backup) {
    throw heddle::Error(heddle::ErrorCode::failed_precondition,
                        "a PostgreSQL database is backed up by pg_dump, with a role that sees all tenants: "
                        "include/heddle/doc/production.md has the command");
  }
  backup->back_up(call.context(), options.target);
  verify(options.target, database.backend.details(call.context()).migration_version, call);
  const auto bytes = static_cast<std::int64_t>(std::filesystem::file_size(options.target));
  const std::filesystem::path artifacts = database.file->string() + "-artifacts";
  std::error_code unknown;
  const bool has_artifacts = std::filesystem::is_directory(artifacts, unknown);
  if (call.json()) {
    JsonLine json;
    json.add("file", options.target).add("bytes", bytes);
    if (has_artifacts) { json.add("not_included", artifacts.string()); }
    call.out() << json.line();
  } else {
    call.out() << "backed up " << in_bytes(static_cast<double>(bytes)) << " to " << printable(options.target) << "\n";
    if (has_artifacts) { call.out() << "not included, copy it after this: " << printable(artifacts.string()) << "\n"; }
  }
  return ExitCode::done;
}

const Command command_of_backup{
    "backup", "Copy a SQLite database while it is in use", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("TARGET", options->target, "A file that does not exist yet")->required();
      return [options](Call& call) { return back_up(*options, call); };
    }};

}  // namespace
}  // namespace command
