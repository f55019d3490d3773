#include "../adopted.hpp"
#include "../command.hpp"
#include "../counts.hpp"

#include <heddle/error.hpp>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command {
namespace {

struct Options {
  std::string source{};
  std::string artifacts{};
  std::string schema = "public";
  std::string temporary{};
};

void add_notes(JsonLine& json, std::string_view name, const std::vector<heddle::AdoptionNote>& notes) {
  json.begin_list(name);
  for (const heddle::AdoptionNote& note : notes) {
    json.begin_item().add("table", note.table).add("column", note.column).add("rows", note.rows);
    json.add("what", note.what).end_object();
  }
  json.end_list();
}

std::string text_of(const std::vector<heddle::AdoptionNote>& notes) {
  std::string text;
  for (const heddle::AdoptionNote& note : notes) {
    text += "  " + printable(note.table) + (note.column.empty() ? "" : "." + printable(note.column)) + ", " +
            (note.rows < 0 ? "rows that cannot be counted" : counted(note.rows, "row", "rows")) + ": " +
            printable(note.what) + "\n";
  }
  return text;
}

void print(const heddle::AdoptionReport& report, Call& call) {
  if (call.json()) {
    JsonLine json;
    json.add("schema", report.schema)
        .add("tenants", static_cast<std::int64_t>(report.tenants.size()))
        .add("tenants_before", report.tenants_before)
        .add("files", report.files);
    add_counts(json, report.counts);
    add_notes(json, "left_out", report.left_out);
    add_notes(json, "changed", report.changed);
    call.out() << json.line();
    return;
  }
  const Colours& colours = call.colours();
  call.out() << "adopted " << counted(static_cast<std::int64_t>(report.tenants.size()), "tenant", "tenants")
             << " of schema " << report.schema << ", and " << counted(report.files, "file", "files")
             << " of artifacts\n";
  if (report.tenants_before != 0) {
    call.out() << counted(report.tenants_before, "tenant was", "tenants were") << " there already, the same\n";
  }
  call.out() << counts_text(report.counts);
  if (!report.changed.empty()) {
    call.out() << colours.bold("stored, but not as it was:") << "\n" << text_of(report.changed);
  }
  if (!report.left_out.empty()) { call.out() << colours.bold("left out:") << "\n" << text_of(report.left_out); }
}

ExitCode adopt(const Options& options, Call& call) {
  call.when_interrupted("run the same command again to go on; the source stays as it is");
  const DatabaseName& name = call.named_database();
  const bool is_file = !is_connection_string(options.source);
  const auto check_source = is_file ? &check_file : &check_schema;
  const auto adopt_source = is_file ? &adopt_file : &adopt_schema;
  heddle::AdoptionOptions how{
      .artifact_directory = options.artifacts, .temporary_directory = options.temporary, .schema = options.schema};
  // Before a target is made that nothing goes into.
  static_cast<void>(check_source(call.context(), options.source, how));
  Database target = open_database(name, Access::fill, call.context());
  heddle::AdoptionReport report;
  {
    Progress progress("reading the source");
    progress.show(0);
    how.on_progress = [&](const heddle::AdoptionProgress& at) {
      progress.show(with_commas(at.tenant_at) + "/" + with_commas(at.tenants) + " " + in_one_line(at.tenant, 20),
                    at.stored, at.records);
    };
    report = adopt_source(target.backend, call.context(), options.source, how);
  }
  print(report, call);
  return ExitCode::done;
}

const Command command_of_adopt{
    Command::Group::move, "adopt", "Store all data of the Go server (loom.db, or its PostgreSQL schema)",
    [](CLI::App& app) -> Run {
      const auto options = std::make_shared<Options>();
      app.add_option("SOURCE", options->source, "A loom.db, or a connection string of a role that sees all tenants")
          ->envname("HEDDLE_SOURCE")
          ->required();
      app.add_option("--artifacts", options->artifacts,
                     "The folder with the files of artifacts. Else artifacts beside a loom.db, and none for PostgreSQL")
          ->type_name("FOLDER");
      app.add_option("--schema", options->schema, "Where PostgreSQL has the tables")
          ->capture_default_str()
          ->type_name("NAME");
      app.add_option("--temporary", options->temporary,
                     "Where there is room for one tenant as a file. Else the folder of the system")
          ->type_name("FOLDER");
      app.footer(
          "Stop the Go server before. The source is only read; --database names the database that gets the data, best "
          "a new one. What Heddle has no place for is listed in the end.\n"
          "  heddle adopt ~/.loom/loom.db -d agents.db");
      return [options](Call& call) { return adopt(*options, call); };
    }};

}  // namespace
}  // namespace command
