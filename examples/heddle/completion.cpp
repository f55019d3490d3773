#include "documents.hpp"
#include "help.hpp"

#include <map>
#include <string>
#include <vector>

namespace command {
namespace {

/// The options whose values are known, with these. What is not here is a file, or free text.
const std::map<std::string, std::string>& known_values() {
  static const std::map<std::string, std::string> values{{"where", "text thinking arguments results"},
                                                         {"role", "system user assistant tool"}};
  return values;
}

/// A word in single quotes of a shell.
std::string quoted(const std::string& text) {
  std::string result = "'";
  for (const char each : text) { result += each == '\'' ? std::string("'\\''") : std::string(1, each); }
  return result + "'";
}

/// Without the stop behind it. An ellipsis ends none.
std::string first_sentence(const std::string& text) {
  std::size_t end = text.find(". ");
  while (end != std::string::npos && end != 0 && text[end - 1] == '.') { end = text.find(". ", end + 1); }
  return text.substr(0, end);
}

/// The names of the commands, with a space between them.
std::string names_of_commands(const CLI::App& app) {
  std::string names;
  for (const CLI::App* each : commands_of(app)) { names += (names.empty() ? "" : " ") + each->get_name(); }
  return names;
}

/// The names of options as they are typed, with a space between them.
std::string names_of_options(const CLI::App& app) {
  std::string names;
  for (const CLI::Option* option : options_of(app)) {
    for (const std::string& name : option->get_lnames()) { names += (names.empty() ? "--" : " --") + name; }
  }
  return names;
}

std::string for_bash(const CLI::App& app) {
  std::string values;
  for (const auto& [option, words] : known_values()) {
    values += "    --";
    values.append(option).append(") mapfile -t COMPREPLY < <(compgen -W '").append(words);
    values += "' -- \"$current\"); return ;;\n";
  }
  std::string cases;
  for (const CLI::App* each : commands_of(app)) {
    cases += "    " + each->get_name() + ") options=\"" + names_of_options(*each) + "\" ;;\n";
  }
  return "# Completion of heddle for bash; made by `heddle completion bash`.\n"
         "_heddle() {\n"
         "  local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} word command='' options=''\n"
         "  COMPREPLY=()\n"
         "  for word in \"${COMP_WORDS[@]:1:COMP_CWORD-1}\"; do\n"
         "    case \" " +
         names_of_commands(app) +
         " \" in *\" $word \"*) command=$word; break ;; esac\n"
         "  done\n"
         "  case $previous in\n"
         "    completion) mapfile -t COMPREPLY < <(compgen -W 'bash zsh fish' -- \"$current\"); return ;;\n" +
         values +
         "  esac\n"
         "  case $command in\n" +
         cases +
         "  esac\n"
         "  if [[ $current == -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"$options " +
         names_of_options(app) +
         "\" -- \"$current\")\n"
         "  elif [[ -z $command && $previous != -* ]]; then\n"
         "    mapfile -t COMPREPLY < <(compgen -W \"" +
         names_of_commands(app) +
         "\" -- \"$current\")\n"
         "  else\n"
         "    mapfile -t COMPREPLY < <(compgen -f -- \"$current\")\n"
         "  fi\n"
         "}\n"
         "complete -o filenames -F _heddle heddle\n";
}

std::string for_fish(const CLI::App& app) {
  // Fish's own functions would take the value of an option that stands before the command for the command.
  std::string text =
      "# Completion of heddle for fish; made by `heddle completion fish`.\n"
      "# Whether the command is this one; without an argument, whether there is none yet.\n"
      "function __heddle_command\n"
      "  for word in (commandline -opc)[2..]\n"
      "    if contains -- $word " +
      names_of_commands(app) +
      "\n"
      "      test \"$word\" = \"$argv\"\n"
      "      return\n"
      "    end\n"
      "  end\n"
      "  test -z \"$argv\"\n"
      "end\n";
  const auto add = [&](const std::string& condition, const CLI::Option& option) {
    text += "complete -c heddle" + condition;
    for (const std::string& name : option.get_snames()) { text += " -s " + name; }
    for (const std::string& name : option.get_lnames()) { text += " -l " + name; }
    if (!value_name_of(option).empty()) {
      const auto values = known_values().find(option.get_lnames().empty() ? "" : option.get_lnames().front());
      text += values == known_values().end() ? " -r" : " -x -a " + quoted(values->second);
    }
    text += " -d " + quoted(first_sentence(option.get_description())) + "\n";
  };
  for (const CLI::Option* option : options_of(app)) { add("", *option); }
  for (const CLI::App* each : commands_of(app)) {
    text += "complete -c heddle -n __heddle_command -f -a " + each->get_name() + " -d " +
            quoted(first_sentence(each->get_description())) + "\n";
    for (const CLI::Option* option : options_of(*each)) {
      // The help of the program has that of a command as well.
      if (option != each->get_help_ptr()) { add(" -n '__heddle_command " + each->get_name() + "'", *option); }
    }
  }
  return text + "complete -c heddle -n '__heddle_command completion' -f -a 'bash zsh fish'\n";
}

/// What stands between the brackets of zsh.
std::string in_brackets(const std::string& text) {
  std::string result;
  for (const char each : text) {
    if (each == '[' || each == ']' || each == ':' || each == '\\') { result += '\\'; }
    result += each;
  }
  return result;
}

std::string zsh_options(const CLI::App& app) {
  std::string text;
  for (const CLI::Option* option : options_of(app)) {
    std::string end = "[" + in_brackets(first_sentence(option->get_description())) + "]";
    if (!value_name_of(*option).empty()) {
      const auto values = known_values().find(option->get_lnames().empty() ? "" : option->get_lnames().front());
      end +=
          ":" + value_name_of(*option) + ":" + (values == known_values().end() ? "_files" : "(" + values->second + ")");
    }
    const auto add = [&](std::string name) { text.append(" ").append(command::quoted(name.append(end))); };
    for (const std::string& name : option->get_snames()) { add("-" + name); }
    for (const std::string& name : option->get_lnames()) { add("--" + name); }
  }
  return text;
}

std::string for_zsh(const CLI::App& app) {
  std::string commands;
  std::string cases;
  for (const CLI::App* each : commands_of(app)) {
    commands += " " + quoted(each->get_name() + ":" + first_sentence(each->get_description()));
    cases += "    " + each->get_name() + ") options+=(" + zsh_options(*each) + " ) ;;\n";
  }
  return "#compdef heddle\n"
         "# Completion of heddle for zsh; made by `heddle completion zsh`.\n"
         "_heddle() {\n"
         "  local word command=''\n"
         "  local -a commands options\n"
         "  commands=(" +
         commands +
         " )\n"
         "  options=(" +
         zsh_options(app) +
         " )\n"
         "  for word in \"${(@)words[2,CURRENT-1]}\"; do\n"
         "    case \" " +
         names_of_commands(app) +
         " \" in *\" $word \"*) command=$word; break ;; esac\n"
         "  done\n"
         "  case $command in\n"
         "    '') _arguments $options ':command:{_describe command commands}' '*::argument:_files'; return ;;\n" +
         cases +
         "  esac\n"
         "  if [[ $command == completion ]]; then\n"
         "    _arguments $options ':command:' ':shell:(bash zsh fish)'\n"
         "  else\n"
         "    _arguments $options ':command:' '*:argument:_files'\n"
         "  fi\n"
         "}\n"
         "if [[ ${zsh_eval_context[-1]} == loadautofunc ]]; then _heddle \"$@\"; else compdef _heddle heddle; fi\n";
}

}  // namespace

std::string completion_of(const CLI::App& app, const std::string& shell) {
  if (shell == "zsh") { return for_zsh(app); }
  return shell == "fish" ? for_fish(app) : for_bash(app);
}

}  // namespace command
