#include "documents.hpp"

#include <memory>
#include <ostream>
#include <string>

namespace command {

void add_documents(CLI::App& app, const std::function<void(const CLI::App& added, Run does)>& add) {
  CLI::App* const completion = app.add_subcommand("completion", "Print the completion for a shell");
  completion->group("Documents");
  completion->footer("For example, in ~/.bashrc:\n  source <(heddle completion bash)");
  const auto shell = std::make_shared<std::string>();
  completion->add_option("SHELL", *shell, "bash, zsh or fish")
      ->required()
      ->check(CLI::IsMember({"bash", "zsh", "fish"}));
  add(*completion, [shell, &app](Call& call) {
    call.out() << completion_of(app, *shell);
    return ExitCode::done;
  });

  CLI::App* const manual = app.add_subcommand("manual", "Print the manual page");
  manual->group("Documents");
  manual->footer("To read it:\n  heddle manual | man -l -");
  add(*manual, [&app](Call& call) {
    call.out() << manual_of(app);
    return ExitCode::done;
  });
}

}  // namespace command
