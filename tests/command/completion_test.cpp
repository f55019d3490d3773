#include "support/program.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <string>

using support::Program;

// What shells offer that not every machine has. Of bash see program_test.cpp.

namespace {

constexpr const char* zsh = "/usr/bin/zsh";
constexpr const char* fish = "/usr/bin/fish";

std::string completion_for(const std::string& shell) {
  return Program(HEDDLE_TEST_COMMAND, {}).run({"completion", shell}).out;
}

/// Types a line in a terminal of zsh, and the tabulator behind it; returns what stands there then. Types only when the
/// editor of lines reads: what comes before can be lost, and the answer would never come.
constexpr const char* type_in_zsh = R"(
zmodload zsh/zpty
zpty shell TERM=dumb zsh -f -i
zpty -w shell 'PROMPT= RPROMPT=; unsetopt beep; autoload -Uz compinit; '"$1"'
answer() { print -r -- "<$BUFFER>"; BUFFER=; exit }
zle -N answer; bindkey "^X" answer; bindkey "^I" complete-word; zle-line-init() { print re""ady }; zle -N zle-line-init'
zpty -r shell text '*ready*'
zpty -n -w shell "$2"$'\t\x18'
zpty -r shell text '*<*>*'
print -r -- ${${text##*\<}%%\>*}
)";

}  // namespace

TEST_CASE("zsh completes commands, options and their values" * doctest::skip(!std::filesystem::exists(zsh))) {
  const support::TemporaryFolder folder;
  std::ofstream(folder.path() / "_heddle") << completion_for("zsh");
  const Program shell(zsh, {{"HOME", folder.path().string()}});
  const std::string place = "'" + folder.path().string();
  // In a startup file, and where installed ones are.
  for (const std::string& setup :
       {"compinit -D -u; source " + place + "/_heddle'", "fpath=(" + place + "' $fpath); compinit -D -u"}) {
    const auto completed = [&](const std::string& words) {
      return shell.run({"-f", "-c", type_in_zsh, "zsh", setup, words}).out;
    };
    CHECK(completed("heddle sho") == "heddle show \n");
    CHECK(completed("heddle -u alice sho") == "heddle -u alice show \n");
    CHECK(completed("heddle -u alice show --thi") == "heddle -u alice show --thinking \n");
    CHECK(completed("heddle search --role ass") == "heddle search --role assistant \n");
    CHECK(completed("heddle show --us") == "heddle show --user \n");
    CHECK(completed("heddle completion fi") == "heddle completion fish \n");
    CHECK(completed("heddle export " + folder.path().string() + "/_he") ==
          "heddle export " + folder.path().string() + "/_heddle \n");
  }
}

TEST_CASE("fish completes commands, options and their values" * doctest::skip(!std::filesystem::exists(fish))) {
  const support::TemporaryFolder folder;
  const std::string home = folder.path().string();
  const Program shell(fish, {{"HOME", home}, {"XDG_CONFIG_HOME", home}, {"XDG_DATA_HOME", home}});
  const std::string text = completion_for("fish");
  const auto offered = [&](const std::string& words) {
    return shell.run({"--no-config", "-c", "source -; complete -C $argv", words}, text).out;
  };
  CHECK(offered("heddle sho") == "show\tPrint a session like a conversation\n");
  // What is no command, although it is no option.
  CHECK(offered("heddle -u alice sho") == "show\tPrint a session like a conversation\n");
  CHECK(offered("heddle -u alice show --thi") == "--thinking\tUnfold what the model thought\n");
  CHECK(offered("heddle search --role ass") == "assistant\tOnly messages of system, user, assistant or tool\n");
  CHECK(offered("heddle show --us") == "--user\tThe tenant\n");
  CHECK(offered("heddle show --whe").empty());
  CHECK(offered("heddle completion z") == "zsh\n");
  std::ofstream(folder.path() / "stream.jsonl") << "";
  CHECK(offered("heddle export " + home + "/str") == home + "/stream.jsonl\n");
  CHECK(offered("heddle --dat").find("PostgreSQL (postgres://... or host=...)") != std::string::npos);
}
