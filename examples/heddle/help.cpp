#include "help.hpp"

#include "terminal.hpp"

#include <algorithm>
#include <cstddef>

namespace command {
namespace {

constexpr std::size_t width = 80;

/// Two columns; the second one starts in a line of its own if the first one is too long.
std::string row(const std::string& name, const std::string& description, std::size_t column) {
  const std::string margin(column, ' ');
  std::string text = indented(wrapped(description, width - column), margin);
  const std::string start = "  " + name;
  if (start.size() + 2 > column) { return start + "\n" + text; }
  return text.replace(0, start.size(), start);
}

std::string rows_of(const std::vector<const CLI::Option*>& options) {
  std::string text;
  for (const CLI::Option* each : options) { text += row(name_of(*each), description_of(*each), 24); }
  return text;
}

std::string usage(const CLI::App& app) {
  std::string text = "Usage: heddle ";
  if (app.get_parent() == nullptr) { return text + "[OPTIONS] COMMAND [ARGUMENTS]\n"; }
  text += app.get_name() + " [OPTIONS]";
  for (const CLI::Option* each : options_of(app, true)) {
    std::string name = each->get_name(true, false);
    if (each->get_items_expected_max() > 1) { name += "..."; }
    text += each->get_required() ? " " + name : " [" + name + "]";
  }
  return text + "\n";
}

std::string list_of_commands(const CLI::App& app) {
  std::vector<std::string> groups;
  for (const CLI::App* each : commands_of(app)) {
    if (std::find(groups.begin(), groups.end(), each->get_group()) == groups.end()) {
      groups.push_back(each->get_group());
    }
  }
  std::string text;
  for (const std::string& group : groups) {
    text += "\n" + group + ":\n";
    for (const CLI::App* each : commands_of(app)) {
      if (each->get_group() == group) { text += row(each->get_name(), each->get_description(), 14); }
    }
  }
  return text;
}

}  // namespace

std::vector<const CLI::Option*> options_of(const CLI::App& app, bool arguments) {
  std::vector<const CLI::Option*> options;
  for (const CLI::Option* each : app.get_options()) {
    if (each->get_positional() == arguments) { options.push_back(each); }
  }
  return options;
}

std::vector<const CLI::App*> commands_of(const CLI::App& app) {
  return app.get_subcommands([](const CLI::App*) { return true; });
}

std::string value_name_of(const CLI::Option& option) {
  if (option.get_items_expected_max() == 0 || option.get_positional()) { return {}; }
  // What CLI11 adds after the colon are the values that are allowed.
  const std::string name = option.get_type_name();
  return name.substr(0, name.find(':'));
}

std::string name_of(const CLI::Option& option) {
  if (option.get_positional()) { return option.get_name(true, false); }
  std::string name;
  for (const std::string& each : option.get_snames()) { name += (name.empty() ? "-" : ", -") + each; }
  for (const std::string& each : option.get_lnames()) { name += (name.empty() ? "--" : ", --") + each; }
  const std::string value = value_name_of(option);
  return value.empty() ? name : name + " " + value;
}

std::string description_of(const CLI::Option& option) {
  std::string text = option.get_description();
  if (!option.get_default_str().empty()) { text += ". Default: " + option.get_default_str(); }
  if (!option.get_envname().empty()) { text += ". Or $" + option.get_envname(); }
  return text;
}

std::string help_of(const CLI::App* app, const std::string& /*name*/, CLI::AppFormatMode /*mode*/) {
  std::string text = wrapped(app->get_description() + ".", width) + "\n\n" + usage(*app);
  const auto arguments = options_of(*app, true);
  if (!arguments.empty()) { text += "\nArguments:\n" + rows_of(arguments); }
  if (app->get_parent() == nullptr) { text += list_of_commands(*app); }
  const bool is_program = app->get_parent() == nullptr;
  text += std::string("\n") + (is_program ? "Options of all commands:\n" : "Options:\n") + rows_of(options_of(*app));
  if (!is_program) {
    std::string names;
    for (const CLI::Option* each : options_of(*app->get_parent())) {
      if (each->get_group() != "Program") { names += (names.empty() ? "" : "; ") + name_of(*each); }
    }
    text +=
        "\nAnd those of all commands, which `heddle --help` explains:\n" + indented(wrapped(names, width - 2), "  ");
  }
  if (!app->get_footer().empty()) { text += "\n" + wrapped(app->get_footer(), width) + "\n"; }
  return text;
}

}  // namespace command
