#pragma once

#include "command.hpp"

#include <CLI/CLI.hpp>

#include <functional>

namespace command {

/// Adds the command that prints what is made of the options of all others: the completion of bash, and the manual page.
void add_documents(CLI::App& app, const std::function<void(const CLI::App& added, Run does)>& add);

}  // namespace command
