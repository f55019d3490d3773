#include "../command.hpp"
#include "../json_line.hpp"

#include <heddle/backup.hpp>
#include <heddle/error.hpp>

#include <memory>
#include <ostream>
#include <string>

namespace command {
namespace {

struct Options {
  std::string folder{};
  bool quick = false;
  bool leave_out_damaged = false;
  bool verify = false;
};

const char* name_of(heddle::BackupStage stage) {
  switch (stage) {
    case heddle::BackupStage::database: return "copying the database";
    case heddle::BackupStage::files: return "copying files of artifacts";
    case heddle::BackupStage::verification: break;
  }
  return "verifying";
}

void print(const heddle::BackupReport& report, const Options& options, Call& call) {
  if (call.json()) {
    JsonLine json;
    json.add("folder", options.folder)
        .add("time", in_iso8601(report.time))
        .add("schema", std::int64_t{report.schema})
        .add("database_bytes", report.database_bytes)
        .add("files", report.files)
        .add("file_bytes", report.file_bytes)
        .add("left_out", report.left_out)
        .add("not_found", report.not_found)
        .add("copied_files", report.copied_files)
        .add("copied_bytes", report.copied_bytes)
        .add("checksum", report.checksum);
    call.out() << json.line();
    return;
  }
  call.out() << (options.verify ? "the backup of " + in_utc(report.time) + " UTC is whole: " : "backed up ")
             << in_bytes(static_cast<double>(report.database_bytes)) << " of database and "
             << counted(report.files, "file", "files") << " of artifacts ("
             << in_bytes(static_cast<double>(report.file_bytes)) << ")";
  if (!options.verify) { call.out() << " to " << printable(options.folder) << ", and read them again"; }
  if (report.copied_files < report.files && !options.verify) {
    call.out() << "; " << counted(report.files - report.copied_files, "file was", "files were") << " there already";
  }
  call.out() << "\n";
  const Colours& colours = call.colours();
  if (report.left_out != 0) {
    call.out() << colours.red(with_commas(report.left_out) + " contents are damaged or missing, and not in the backup")
               << "\n";
  }
  if (report.not_found != 0) {
    call.out() << colours.yellow(with_commas(report.not_found) +
                                 " artifacts name files that do not exist, or are not in the tenant's folder")
               << "\n";
  }
}

ExitCode back_up(const Options& options, Call& call) {
  heddle::BackupReport report;
  {
    Progress progress("opening", Progress::Unit::bytes);
    const auto show = [&](const heddle::BackupProgress& at) {
      progress.show(name_of(at.stage), at.bytes, at.total_bytes);
    };
    const auto check = options.quick ? heddle::BackupCheck::quick : heddle::BackupCheck::full;
    if (options.verify) {
      call.when_interrupted("nothing was changed");
      report = heddle::verify_backup(call.context(), options.folder, check, show);
    } else {
      call.when_interrupted("the folder has the backup before, or none; run the same command again");
      Database database = call.open(Access::read);
      const auto backups = heddle::backups(database.backend);
      if (!backups) {
        throw heddle::Error(heddle::ErrorCode::failed_precondition,
                            "a PostgreSQL database is backed up by pg_dump, with a role that sees all tenants: "
                            "include/heddle/doc/production.md has the command");
      }
      report = backups->backup(call.context(), options.folder,
                               {.check = check, .leave_out_damaged = options.leave_out_damaged, .on_progress = show});
    }
  }
  print(report, options, call);
  return report.left_out == 0 ? ExitCode::done : ExitCode::problem;
}

const Command command_of_backup{
    Command::Group::move, "backup", "Back up a SQLite database with the files of artifacts, while it is in use",
    [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("FOLDER", options->folder, "Where to; it is made, or has an earlier backup")->required();
      app.add_flag("--quick", options->quick, "Of files that an earlier backup has copied verify the sizes only");
      app.add_flag("--leave-out-damaged", options->leave_out_damaged,
                   "Go on if contents of artifacts are damaged or missing; it then exits with 1");
      app.add_flag("--verify", options->verify, "Make no backup, but read the one in the folder");
      app.footer(
          "All that is written is read again. Into the same folder only files are copied that it does not have. "
          "`heddle restore` makes a database of it.");
      return [options](Call& call) { return back_up(*options, call); };
    }};

}  // namespace
}  // namespace command
