#pragma once

#include "command.hpp"

#include <CLI/CLI.hpp>

#include <functional>
#include <string>

namespace command {

/// Adds the commands that print what is made of the options of all others: completions of shells, and the manual page.
void add_documents(CLI::App& app, const std::function<void(const CLI::App& added, Run does)>& add);

/// Returns the completion of a shell: bash, zsh or fish.
[[nodiscard]] std::string completion_of(const CLI::App& app, const std::string& shell);
/// Returns the manual page, as troff.
[[nodiscard]] std::string manual_of(const CLI::App& app);

}  // namespace command
