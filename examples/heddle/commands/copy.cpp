#include "../command.hpp"
#include "../counts.hpp"

#include <heddle/copy.hpp>
#include <heddle/error.hpp>

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <system_error>

namespace command {
namespace {

struct Options {
  DatabaseName target{.has_environment = false};
  bool keep_other_data = false;
};

void print(const heddle::CopyReport& report, Call& call) {
  if (call.json()) {
    JsonLine json;
    json.add("tenants", report.tenants)
        .add("copied", report.copied)
        .add("unchanged", report.unchanged)
        .add("kept", report.kept)
        .add("resumed", report.resumed)
        .add("records", report.records);
    add_counts(json, report.counts);
    call.out() << json.line();
    return;
  }
  call.out() << "copied " << with_commas(report.copied) << " of " << counted(report.tenants, "tenant", "tenants");
  if (report.copied != 0) {
    call.out() << ", " << counted(report.records, "record", "records") << ", and read them back";
  }
  call.out() << "\n";
  if (report.unchanged != 0) { call.out() << counted(report.unchanged, "was", "were") << " there already, the same\n"; }
  if (report.kept != 0) { call.out() << counted(report.kept, "has", "have") << " other data there, which stays\n"; }
  call.out() << counts_text(report.counts);
}

ExitCode copy(const Options& options, Call& call) {
  call.when_interrupted("the tenants that are copied stay; run the same command again to go on");
  Database source = call.open(Access::read);
  Database target = open_database(options.target, Access::fill, call.context());
  std::error_code unknown;
  if (source.file && target.file && std::filesystem::equivalent(*source.file, *target.file, unknown)) {
    throw heddle::Error(heddle::ErrorCode::invalid_argument, "the target is the database itself");
  }
  heddle::CopyReport report;
  {
    Progress progress("copying");
    const auto show = [&](const heddle::CopyProgress& at) {
      progress.show(with_commas(at.number) + "/" + with_commas(at.tenants) + " " + in_one_line(at.tenant, 20),
                    at.stored, at.records);
    };
    report = heddle::copy(source.backend, target.backend, call.context(),
                          {.keep_other_data = options.keep_other_data, .on_progress = show});
  }
  print(report, call);
  return ExitCode::done;
}

const Command command_of_copy{
    Command::Group::move, "copy", "Copy all tenants to another database, of any kind", [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("TARGET", options->target.name, "The other database, named like the first one; may be new")
          ->envname("HEDDLE_TARGET")
          ->required();
      app.add_option("--target-admin", options->target.admin_dsn,
                     "The same as --admin, for the target. What the environment says is for the source")
          ->envname("HEDDLE_TARGET_ADMIN")
          ->type_name("DSN");
      app.add_flag("--keep-other-data", options->keep_other_data,
                   "Leave a tenant as it is that has other data at the target; else that ends the copy");
      app.footer(
          "Each tenant is read back and compared before the next one begins. Do not serve the tenants meanwhile. After "
          "an interruption run the same command again.");
      return [options](Call& call) { return copy(*options, call); };
    }};

}  // namespace
}  // namespace command
