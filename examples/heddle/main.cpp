// heddle: looks at and works on the databases of Heddle. Each command is a file of commands/.
#include "advice.hpp"
#include "command.hpp"
#include "documents.hpp"
#include "help.hpp"
#include "interrupt.hpp"
#include "json_line.hpp"

#include <CLI/CLI.hpp>
#include <heddle/error.hpp>

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <system_error>
#include <utility>

namespace {

using namespace command;

/// Adds the options that all commands share.
void add_settings(CLI::App& app, Settings& settings) {
  app.add_option("-d,--database", settings.database.name,
                 "A SQLite file, a connection string of PostgreSQL (postgres://... or host=...), or a configuration "
                 "file (JSON). Else loom.db in $LOOM_DATA_DIR, or in ~/.loom")
      ->envname("HEDDLE_DATABASE")
      ->type_name("DATABASE");
  app.add_option("-u,--user", settings.user, "The tenant. On SQLite it need not be named: default-user")
      ->type_name("TENANT");
  app.add_option("--admin", settings.database.admin_dsn,
                 "Connection string of the role that sees all tenants of a PostgreSQL database, and migrates it. Or "
                 "$LOOM_PG_ADMIN_DSN")
      ->type_name("DSN");
  app.add_flag("--immutable", settings.database.immutable,
               "Nothing writes to the SQLite file, such as a copy: take no locks, and make no files beside it");
  app.add_flag("--json", settings.json, "Print JSON for programs, an object a line");
}

const char* title_of(Command::Group group) {
  switch (group) {
    case Command::Group::look: return "Look, and change nothing";
    case Command::Group::move: return "Move data";
    case Command::Group::work: break;
  }
  return "Work on a database";
}

/// Prints why a command has failed.
ExitCode report(const heddle::Error& error, const Call& call) {
  const ExitCode code = exit_code_of(error.code());
  if (call.json()) {
    JsonLine json;
    json.add("error", to_string(error.code())).add("message", advice_of(error.what()));
    if (code == ExitCode::interrupted) { json.add("advice", call.advice()); }
    std::cerr << json.line();
  } else if (code == ExitCode::interrupted) {
    std::cerr << "heddle: interrupted: " << call.advice() << "\n";
  } else {
    std::cerr << "heddle: " << printable(advice_of(error.what())) << "\n";
  }
  return code;
}

ExitCode run(const Run& chosen, Call& call) {
  try {
    const ExitCode code = chosen(call);
    std::cout.flush();
    if (!std::cout) { throw heddle::Error(heddle::ErrorCode::unavailable, "the output cannot be written"); }
    return code;
  } catch (const heddle::Error& error) {
    std::cout.flush();
    return report(error, call);
  } catch (const std::system_error& failure) {
    // A file or a folder of the user.
    return report(heddle::Error(heddle::ErrorCode::unavailable, failure.what()), call);
  } catch (const std::exception& failure) {
    return report(heddle::Error(heddle::ErrorCode::internal, failure.what()), call);
  }
}

}  // namespace

int main(int count, char** arguments) {
  const Interrupt interrupt;
  CLI::App app("Looks at and works on the databases of Heddle", "heddle");
  app.formatter_fn(help_of);
  app.set_help_flag("-h,--help", "Print this")->group("Program");
  app.set_version_flag("--version", HEDDLE_COMMAND_VERSION, "Print the version")->group("Program");
  app.require_subcommand(1);
  app.fallthrough();
  Settings settings;
  add_settings(app, settings);
  std::map<const CLI::App*, Run> runs;
  for (const Command* each : Command::all()) {
    CLI::App* const added = app.add_subcommand(each->name(), each->description());
    added->group(title_of(each->group()));
    runs[added] = each->set_up(*added);
  }
  add_documents(app, [&](const CLI::App& added, Run does) { runs[&added] = std::move(does); });
  app.footer(std::string(exit_codes_text) + "\n`heddle COMMAND --help` explains a command.");

  try {
    app.parse(count, arguments);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    std::string what = error.what();
    std::string help = "heddle --help";
    if (const auto chosen = app.get_subcommands(); !chosen.empty()) {
      help = "heddle " + chosen.front()->get_name() + " --help";
    } else {
      const auto words = app.remaining();
      what = words.empty()                    ? "name a command"
             : words.front().starts_with("-") ? "there is no option " + words.front() + " before a command"
                                              : "there is no command " + words.front();
    }
    std::cerr << "heddle: " << printable(what) << "\n`" << help << "` lists what there is.\n";
    return static_cast<int>(ExitCode::usage);
  }
  Call call(settings, interrupt.token());
  return static_cast<int>(run(runs.at(app.get_subcommands().front()), call));
}
