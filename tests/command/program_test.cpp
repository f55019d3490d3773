#include "command/place.hpp"

#include <doctest/doctest.h>

#include <map>
#include <string>
#include <utility>
#include <vector>

using namespace command_test;

namespace {

const std::vector<std::string> names{"adopt",    "backup", "bench",  "compact", "completion", "copy",  "erase",
                                     "export",   "import", "manual", "migrate", "restore",    "roles", "search",
                                     "sessions", "show",   "status", "sweep",   "tenants",    "verify"};

}  // namespace

TEST_CASE("the command explains itself") {
  Place place;
  const Output help = place.program().run({"--help"});
  CHECK(help.code == 0);
  CHECK(has(help.out, "130  interrupted"));
  const Output manual = place.program().run({"manual"});
  CHECK(has(manual.out, "interrupted"));
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(has(help.out, "\n  " + name + " "));
    CHECK(has(manual.out, ".SS " + name));
    const Output own = place.program().run({name, "--help"});
    CHECK(own.code == 0);
    CHECK(has(own.out, "Usage: heddle " + name));
    CHECK(has(own.out, "--database"));
    // As wide as a terminal is at least.
    for (std::size_t at = 0; at < own.out.size(); at = own.out.find('\n', at) + 1) {
      CHECK(own.out.find('\n', at) - at <= 80);
    }
  }
  CHECK(has(place.program().run({"roles"}).out, "CREATE ROLE"));
  CHECK(place.program().run({"--version"}).code == 0);
}

TEST_CASE("a wrong command line is refused") {
  Place place;
  const std::vector<std::vector<std::string>> wrong{
      {}, {"no-command"}, {"show"}, {"show", "s1", "--last", "0"}, {"completion", "csh"}};
  for (const auto& words : wrong) {
    const Output output = place.program().run(words);
    CHECK(output.code == 2);
    CHECK(output.out.empty());
    CHECK(has(output.err, "--help"));
  }
  CHECK(has(place.program().run({"show"}).err, "`heddle show --help`"));
  CHECK(has(place.program().run({"--limit", "3"}).err, "no option --limit"));
  place.fill();
  const Output json = place.run({"sessions", "--json", "--user", std::string(10'000, 'u')});
  CHECK(json.code == 2);
  CHECK(has(json.err, R"({"error":"invalid_argument")"));
}

TEST_CASE("completions of shells know the commands and their options") {
  Place place;
  const Output bash = place.program().run({"completion", "bash"});
  const Output zsh = place.program().run({"completion", "zsh"});
  const Output fish = place.program().run({"completion", "fish"});
  for (const std::string& name : names) {
    CAPTURE(name);
    CHECK(has(bash.out, "    " + name + ")"));
    CHECK(has(zsh.out, "'" + name + ":"));
    CHECK(has(fish.out, "-a " + name + " "));
  }
  const support::Program shell("/bin/bash", {});
  const auto completed = [&](const std::string& words, const std::string& last) {
    const std::string ask = "source /dev/stdin; COMP_WORDS=(heddle " + words + "); COMP_CWORD=" + last +
                            "; _heddle; echo \"${COMPREPLY[*]}\"";
    return shell.run({"-c", ask}, bash.out).out;
  };
  CHECK(completed("sho", "1") == "show\n");
  CHECK(completed("-u alice show --thi", "4") == "--thinking\n");
  CHECK(completed("search --role ass", "3") == "assistant\n");
  CHECK(completed("show --us", "2") == "--user\n");
}

TEST_CASE("no password is printed") {
  Place place;
  place.fill();
  for (const std::string name : {"postgres://me:secret@127.0.0.1:1/agents",
                                 "host=127.0.0.1 port=1 user=me password=secret", "postgresql:/me:secret@host/agents",
                                 "mysql://me:secret@host/agents", "postgres://me:secret@127.0.0.1:x/agents"}) {
    CAPTURE(name);
    for (const Output& output : {place.program().run({"sessions", "-u", "alice", "-d", name}),
                                 place.run({"copy", name}), place.run({"adopt", name})}) {
      CHECK(output.code != 0);
      CHECK_FALSE(output.err.empty());
      CHECK_FALSE(has(output.err, "secret"));
      CHECK_FALSE(has(output.out, "secret"));
    }
  }
}

TEST_CASE("stored texts do not reach the terminal as what it obeys") {
  Place place;
  place.fill();
  {
    Storage storage(place.database_place().config());
    auto& sessions = storage.session_storage();
    sessions.save_session(conformance::alice, {.id = "s3", .name = "name \x1B]0;title\x07 \u009B31m"});
    sessions.save_message(conformance::alice, "s3", {.content = "words \x1B[2J \u009B2J \x7F"});
  }
  const auto commands = std::vector<std::vector<std::string>>{
      {"sessions"},           {"show", "s3"},           {"search", "words"},
      {"sessions", "--json"}, {"show", "s3", "--json"}, {"search", "words", "--json"}};
  for (std::vector<std::string> words : commands) {
    CAPTURE(words.front());
    words.insert(words.end(), {"--user", "alice"});
    const Output output = place.run(words);
    CHECK(output.code == 0);
    CHECK(has(output.out, "words"));
    for (const char* const obeyed : {"\x1B", "\x07", "\x7F", "\u009B"}) { CHECK_FALSE(has(output.out, obeyed)); }
  }
  // The stream of a tenant is not for a terminal at all.
  const Output output = place.program().run_in_terminal(place.on_database({"export", "--user", "alice"}));
  CHECK(output.code == 2);
}

TEST_CASE("a terminal gets colours, unless NO_COLOR is set") {
  Place place;
  place.fill();
  const auto words = place.on_database({"show", "s1", "--user", "alice"});
  const Output output = place.program().run_in_terminal(words);
  CHECK(output.code == 0);
  CHECK(has(output.out, "\x1B[1m"));
  CHECK(has(output.out, "It is refunded."));
  const support::Program plain(HEDDLE_TEST_COMMAND, std::map<std::string, std::string>{std::pair("NO_COLOR", "1")});
  const Output without = plain.run_in_terminal(words);
  CHECK(has(without.out, "It is refunded."));
  CHECK_FALSE(has(without.out, "\x1B"));
}

TEST_CASE("a terminal gets a bar of progress, and what is none does not") {
  Place place;
  place.fill();
  const auto words = place.on_database({"verify", "--user", "alice"});
  const Output output = place.program().run_in_terminal(words);
  CHECK(output.code == 0);
  // Of 4 messages and the content of an artifact.
  CHECK(has(output.out, "\rverifying [################....] 80% 4 of 5"));
  // It is removed before what is printed.
  CHECK(has(output.out, "\r\x1B[Kread 4 messages"));
  const Output without = place.program().run(words);
  CHECK(without.code == 0);
  CHECK(without.err.empty());
}

TEST_CASE("the bars of an export and an erasure know how much there is") {
  Place place;
  place.fill();
  const auto in_terminal = [&](std::vector<std::string> words) {
    words.insert(words.end(), {"--user", "alice"});
    return place.program().run_in_terminal(place.on_database(std::move(words)));
  };
  const std::string file = place.file("alice.jsonl");
  const Output exported = in_terminal({"export", file});
  INFO(exported.out);
  CHECK(exported.code == 0);
  CHECK(has(exported.out, "\rexporting [#####...............] 25% 1 of 4"));
  CHECK(has(exported.out, "\rexporting contents [####################] 100% 23 B of 23 B"));
  // It is removed before what is printed.
  CHECK(has(exported.out, "\r\x1B[Kexported "));
  const Output without = place.as_alice({"export", file, "--force", "--json"});
  CHECK(without.code == 0);
  CHECK(without.err.starts_with("{"));

  const Output counted = in_terminal({"erase"});
  CHECK(has(counted.out, "\rcounting [#####...............] 25% 1 of 4"));
  const Output erased = in_terminal({"erase", "--yes"});
  INFO(erased.out);
  CHECK(erased.code == 0);
  CHECK(has(erased.out, "\rerasing rows 1"));
  CHECK(has(erased.out, "\rerasing sessions [####################] 100% 1 of 1"));
}
