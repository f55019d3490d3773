#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/backup.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::string folder{};
  std::string artifacts{};
  bool quick = false;
};

ExitCode restore(const Options& options, Call& call) {
  call.when_interrupted("there is no database yet; run the same command again to go on");
  const SqlitePlace named = sqlite_place(call.named_database());
  heddle::RestorePlace place{.database = named.database, .artifact_directory = named.artifact_directory};
  if (!options.artifacts.empty()) { place.artifact_directory = options.artifacts; }
  heddle::RestoreReport report;
  {
    Progress progress("verifying the backup", Progress::Unit::bytes);
    const auto show = [&](const heddle::BackupProgress& at) {
      const bool verifies = at.stage == heddle::BackupStage::verification;
      progress.show(verifies ? "verifying the backup" : "restoring", at.bytes, at.total_bytes);
    };
    report = heddle::restore(
        call.context(), options.folder, place,
        {.check = options.quick ? heddle::BackupCheck::quick : heddle::BackupCheck::full, .on_progress = show});
  }
  const heddle::BackupReport& backup = report.backup;
  if (call.json()) {
    call.out() << JsonLine()
                      .add("database", place.database.string())
                      .add("time", in_iso8601(backup.time))
                      .add("schema", std::int64_t{backup.schema})
                      .add("database_bytes", backup.database_bytes)
                      .add("files", backup.files)
                      .add("file_bytes", backup.file_bytes)
                      .add("moved_paths", report.moved_paths)
                      .add("resumed", report.resumed)
                      .line();
  } else {
    call.out() << "restored the backup of " << in_utc(backup.time) << " UTC to " << printable(place.database.string())
               << (report.resumed ? ", going on with an earlier restore" : "") << ": "
               << in_bytes(static_cast<double>(backup.database_bytes)) << " of database and "
               << counted(backup.files, "file", "files") << " of artifacts ("
               << in_bytes(static_cast<double>(backup.file_bytes)) << ")\n";
  }
  return ExitCode::done;
}

const Command command_of_restore{
    Command::Group::move, "restore", "Make a new SQLite database of a backup", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("FOLDER", options->folder, "The backup")->required();
      app.add_option("--artifacts", options->artifacts,
                     "The new folder of artifacts. Else that of the configuration, or beside the database")
          ->type_name("FOLDER");
      app.add_flag("--quick", options->quick, "Verify of the files of artifacts the sizes only");
      app.footer(
          "The backup is verified before. --database names the new database: nothing that is there is replaced.\n"
          "  heddle restore /backups/agents -d agents.db");
      return [options](Call& call) { return restore(*options, call); };
    }};

}  // namespace
}  // namespace command
