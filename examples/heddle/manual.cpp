#include "documents.hpp"
#include "help.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

namespace command {
namespace {

/// Returns a text for troff, in which some characters at some places are commands.
std::string escaped(std::string_view text) {
  std::string result;
  bool at_start = true;
  for (const char each : text) {
    if (at_start && (each == '.' || each == '\'')) { result += "\\&"; }
    if (each == '\\') {
      result += "\\e";
    } else if (each == '-') {
      result += "\\-";
    } else {
      result += each;
    }
    at_start = each == '\n';
  }
  return result;
}

std::string rows_of(const std::vector<const CLI::Option*>& options) {
  std::string text;
  for (const CLI::Option* each : options) {
    text += ".TP\n.B " + escaped(name_of(*each)) + "\n" + escaped(description_of(*each)) + ".\n";
  }
  return text;
}

/// Lines that begin with spaces are examples.
std::string paragraphs(const std::string& text) {
  std::string result;
  bool is_example = false;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    const std::string line = text.substr(at, end - at);
    at = end + 1;
    const bool was_example = is_example;
    is_example = line.starts_with("  ");
    if (is_example != was_example) { result += is_example ? ".PP\n.RS\n.nf\n" : ".fi\n.RE\n.PP\n"; }
    if (line.empty()) {
      result += ".PP\n";
    } else {
      result += escaped(is_example ? line.substr(2) : line) + "\n";
    }
  }
  return is_example ? result + ".fi\n.RE\n" : result;
}

}  // namespace

std::string manual_of(const CLI::App& app) {
  std::string text = ".TH HEDDLE 1 \"\" \"heddle " HEDDLE_COMMAND_VERSION
                     "\" \"User Commands\"\n"
                     ".SH NAME\nheddle \\- look at and work on the databases of Heddle\n"
                     ".SH SYNOPSIS\n.B heddle\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
                     ".SH OPTIONS\nThey may stand before or after the command.\n" +
                     rows_of(options_of(app)) + ".SH COMMANDS\nAll have the option --help.\n";
  for (const CLI::App* each : commands_of(app)) {
    std::string title = each->get_name();
    for (const CLI::Option* argument : options_of(*each, true)) { title += " " + name_of(*argument); }
    text += ".SS " + escaped(title) + "\n" + escaped(each->get_description()) + ".\n";
    auto options = options_of(*each);
    // It is said once.
    options.erase(std::remove(options.begin(), options.end(), each->get_help_ptr()), options.end());
    text += rows_of(options_of(*each, true)) + rows_of(options);
    if (!each->get_footer().empty()) { text += ".PP\n" + paragraphs(each->get_footer()); }
  }
  text += ".SH EXIT STATUS\n.nf\n" + escaped(exit_codes_text) + ".fi\n";
  text +=
      ".SH ENVIRONMENT\n"
      ".TP\n.B HEDDLE_DATABASE, HEDDLE_TARGET, HEDDLE_TARGET_ADMIN, HEDDLE_SOURCE\nDatabases, if the command line "
      "names "
      "none: here a connection string is not seen by others.\n"
      ".TP\n.B LOOM_PG_ADMIN_DSN, LOOM_PG_MIGRATION_DSN, LOOM_DATA_DIR\nAs for programs that use the library. "
      "LOOM_PG_DSN is read only for a configuration file that has a section postgres without a dsn.\n"
      ".TP\n.B NO_COLOR\nIf it is set, no colours are used.\n"
      ".SH SIGNALS\n^C (SIGINT) and SIGTERM end what runs at the next safe place, and it is printed how to go on. The "
      "second one ends the program at once.\n"
      ".SH EXAMPLES\n";
  return text + paragraphs(
                    "What is in a database, and one conversation of it:\n"
                    "  heddle status -d agents.db\n"
                    "  heddle sessions -d agents.db -u alice\n"
                    "  heddle show -d agents.db -u alice s1\n"
                    "From SQLite to PostgreSQL:\n"
                    "  export HEDDLE_TARGET='postgres://...' HEDDLE_TARGET_ADMIN='postgres://...'\n"
                    "  heddle copy -d agents.db\n");
}

}  // namespace command
