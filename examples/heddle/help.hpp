#pragma once

#include <CLI/CLI.hpp>

#include <string>
#include <vector>

namespace command {

/// What `--help` prints, for the program and for each of its commands.
[[nodiscard]] std::string help_of(const CLI::App* app, const std::string& name, CLI::AppFormatMode mode);

/// Returns the options of a command; its arguments, if these are asked for.
[[nodiscard]] std::vector<const CLI::Option*> options_of(const CLI::App& app, bool arguments = false);
/// Returns the commands of the program.
[[nodiscard]] std::vector<const CLI::App*> commands_of(const CLI::App& app);
/// Returns an option as it is typed, with what stands for its value: `-u, --user TENANT`.
[[nodiscard]] std::string name_of(const CLI::Option& option);
/// Returns what stands for the value of an option: `TENANT`; nothing for a flag.
[[nodiscard]] std::string value_name_of(const CLI::Option& option);
/// Returns the description of an option, with its default.
[[nodiscard]] std::string description_of(const CLI::Option& option);

}  // namespace command
