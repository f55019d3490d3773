#include "documents.hpp"

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <vector>

namespace command {
namespace {

/// Returns the options of a command, but for its arguments.
std::vector<const CLI::Option*> options_of(const CLI::App& app) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* each : app.get_options()) {
    if (!each->get_positional()) { options.push_back(each); }
  }
  return options;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

/// The names of options as they are typed, with a space between them.
std::string names_of(const CLI::App& app) {
  std::string names;
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : option->get_lnames()) { names += (names.empty() ? "--" : " --") + name; }
  }
  return names;
}

std::string completion(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* each : commands_of(app)) {
    commands += (commands.empty() ? "" : " ") + each->get_name();
    cases += "    " + each->get_name() + ") options=\"" + names_of(*each) + "\" ;;\n";
  }
  return "# Completion of heddle for bash; made by `heddle documents completion`.\n"
         "_heddle() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} word command='' options=''\n"
         "  COMPREPLY=()\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \" " +
         commands +
         " \" in *\" $word \"*) command=$word; break ;; esac\n"
         "  done\n"
         "  case $previous in\n"
         "    -d|--database) mapfile -t COMPREPLY < <(compgen -f -- \"$current\"); return ;;\n"
         "    --where) mapfile -t COMPREPLY < <(compgen -W 'text thinking arguments results' -- \"$current\"); return "
         ";;\n"
         "    --role) mapfile -t COMPREPLY < <(compgen -W 'system user assistant tool' -- \"$current\"); return ;;\n"
         "  esac\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options " +
         names_of(app) +
         "\" -- \"$current\")\n"
         "  elif [[ -z $command ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"" +
         commands +
         "\" -- \"$current\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _heddle heddle\n";
}

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

std::string manual_of_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : app.get_options()) {
    std::string name = option->get_name(false, true);
    for (std::size_t comma = name.find(','); comma != std::string::npos; comma = name.find(',', comma + 2)) {
      name.replace(comma, 1, ", ");
    }
    const bool takes_value = option->get_items_expected_max() > 0 && !option->get_positional();
    text += ".TP\n.B " + escaped(name) + (takes_value ? " " + escaped(option->get_type_name()) : "") + "\n" +
            escaped(option->get_description()) + "\n";
  }
  return text;
}

std::string manual(const CLI::App& app) {
  std::string text = ".TH HEDDLE 1 \"\" \"heddle " HEDDLE_COMMAND_VERSION
                     "\" \"User Commands\"\n"
                     ".SH NAME\nheddle \\- look at and work on the databases of Heddle\n"
                     ".SH SYNOPSIS\n.B heddle\n[\\fIOPTIONS\\fR] \\fICOMMAND\\fR [\\fIARGUMENTS\\fR]\n"
                     ".SH OPTIONS\nThey may stand before or after the command.\n" +
                     manual_of_options(app) + ".SH COMMANDS\n";
  for (const CLI::App* each : commands_of(app)) {
    text += ".SS " + escaped(each->get_name()) + "\n" + escaped(each->get_description()) + ".\n";
    if (!each->get_footer().empty()) { text += ".PP\n.nf\n" + escaped(each->get_footer()) + "\n.fi\n"; }
    text += manual_of_options(*each);
  }
  text += ".SH EXIT STATUS\n.nf\n" + escaped(exit_codes_text) + ".fi\n";
  text +=
      ".SH ENVIRONMENT\n"
      ".TP\n.B HEDDLE_DATABASE\nThe database, if the command line names none: here a connection string is not seen "
      "by others.\n"
      ".TP\n.B LOOM_PG_ADMIN_DSN, LOOM_PG_MIGRATION_DSN, LOOM_DATA_DIR\nAs for programs that use the library.\n"
      ".TP\n.B NO_COLOR\nIf it is set, no colours are used.\n";
  return text;
}

}  // namespace

void add_documents(CLI::App& app, const std::function<void(const CLI::App& added, Run does)>& add) {
  CLI::App* const added = app.add_subcommand("documents", "Print the completion for bash, or the manual page");
  const auto kind = std::make_shared<std::string>();
  added->add_option("KIND", *kind, "completion or manual")->required()->check(CLI::IsMember({"completion", "manual"}));
  add(*added, [kind, &app](Call& call) {
    call.out() << (*kind == "manual" ? manual(app) : completion(app));
    return ExitCode::done;
  });
}

}  // namespace command
