#include "command/place.hpp"
#include "support/raw_database.hpp"

#include <doctest/doctest.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <vector>

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace command_test;

namespace {

/// What the system tells of a process that a test has started.
class Running {
 public:
  explicit Running(pid_t process) : process_(process), folder_("/proc/" + std::to_string(process)) {}

  void send(int signal) const { ::kill(process_, signal); }

  /// True if its first thread sleeps. Throws if the process has ended.
  [[nodiscard]] bool sleeps() const {
    std::ifstream file(folder_ / "stat");
    std::string text;
    std::getline(file, text);
    // The name of the program, in parentheses, can have any character.
    const std::size_t name_end = text.rfind(')');
    const char state = name_end == std::string::npos || name_end + 2 >= text.size() ? 'X' : text[name_end + 2];
    if (state == 'Z' || state == 'X') { throw std::runtime_error("the program has ended early"); }
    return state == 'S';
  }

  /// True if it has a file open.
  [[nodiscard]] bool has_open(const std::filesystem::path& path) const {
    std::error_code gone;
    for (const auto& each : std::filesystem::directory_iterator(folder_ / "fd", gone)) {
      if (std::filesystem::equivalent(each.path(), path, gone)) { return true; }
    }
    return false;
  }

  /// True if a signal was sent that no thread has taken yet.
  [[nodiscard]] bool has_pending(int signal) const {
    std::ifstream file(folder_ / "status");
    for (std::string line; std::getline(file, line);) {
      constexpr std::string_view name = "ShdPnd:";
      if (!line.starts_with(name)) { continue; }
      return (std::stoull(line.substr(name.size()), nullptr, 16) >> static_cast<unsigned>(signal - 1) & 1U) != 0;
    }
    throw std::runtime_error("the program has ended early");
  }

 private:
  pid_t process_;
  std::filesystem::path folder_;
};

/// Waits for what a busy machine may take long for. Throws if it does not come.
template <class Condition>
void wait_until(Condition&& condition) {
  for (const auto end = std::chrono::steady_clock::now() + std::chrono::minutes(5); !condition();) {
    if (std::chrono::steady_clock::now() > end) { throw std::runtime_error("what a test waits for does not come"); }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
}

/// A named pipe, which a program can open and fill.
class NamedPipe {
 public:
  explicit NamedPipe(const std::filesystem::path& path) : path_(path.string()) {
    if (::mkfifo(path_.c_str(), 0600) != 0) { throw std::system_error(errno, std::generic_category()); }
    end_ = ::open(path_.c_str(), O_RDWR | O_CLOEXEC);
    if (end_ < 0) { throw std::system_error(errno, std::generic_category()); }
  }
  NamedPipe(const NamedPipe&) = delete;
  NamedPipe& operator=(const NamedPipe&) = delete;
  NamedPipe(NamedPipe&&) = delete;
  NamedPipe& operator=(NamedPipe&&) = delete;
  ~NamedPipe() { ::close(end_); }

  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  /// True if at least half of its room is taken.
  [[nodiscard]] bool is_half_full() const {
    int size = 0;
    if (::ioctl(end_, FIONREAD, &size) != 0) { throw std::system_error(errno, std::generic_category()); }
    return size >= ::fcntl(end_, F_GETPIPE_SZ) / 2;
  }

 private:
  std::string path_;
  int end_ = -1;
};

}  // namespace

#ifndef HEDDLE_CONFORMANCE_POSTGRES
TEST_CASE("a command that waits for a lock ends by ^C, says how to go on, and does so") {
  Place place;
  place.fill();
  const std::string stream = place.file("alice.jsonl");
  REQUIRE(place.as_alice({"export", stream}).code == 0);
  const std::string loom = place.file("loom.db");
  std::filesystem::copy_file(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_4_0.db", loom);
  const std::string target = place.file("target.db");
  const std::string settings = place.file("target.json");
  // Patience that only the interrupt ends.
  std::ofstream(settings) << R"({"sqlite": {"path": ")" << target << R"(", "busy_timeout_ms": 3600000}})";

  struct Held {
    std::vector<std::string> words;
    std::string_view advice;
    bool has_data = false;                 ///< the target has the conversations of the place
    std::vector<std::string> before = {};  ///< runs on the target first
  };
  const std::vector<Held> commands{
      {{"copy", settings, "-d", place.database()}, "the tenants that are copied stay; run the same command again"},
      {{"adopt", loom, "-d", settings}, "run the same command again to go on"},
      {{"import", stream, "--user", "alice", "-d", settings}, "`heddle import --abort`"},
      {{"erase", "--yes", "--user", "alice", "-d", settings}, "the tenant stays closed until it is erased", true},
      {{"sweep", "-d", settings}, "what is removed is gone; run the same command again", true},
      {{"migrate", "-d", settings}, "migrations that are done stay", false, {"migrate", "--down", "1", "-d", target}}};
  for (const Held& held : commands) {
    CAPTURE(held.words.front());
    REQUIRE(place.program().run({"migrate", "-d", target}).code == 0);
    if (held.has_data) { REQUIRE(place.run({"copy", target}).code == 0); }
    if (!held.before.empty()) { REQUIRE(place.program().run(held.before).code == 0); }
    {
      support::RawDatabase holder(target);
      holder.execute("BEGIN IMMEDIATE");
      const Output output = place.program().run_while(held.words, [&](pid_t process) {
        const Running running(process);
        wait_until([&] { return running.sleeps() && running.has_open(target); });
        running.send(SIGINT);
      });
      CHECK(output.code == 130);
      CHECK(output.out.empty());
      CHECK(has(output.err, "heddle: interrupted: "));
      CHECK(has(output.err, held.advice));
      holder.execute("ROLLBACK");
    }
    const Output again = place.program().run(held.words);
    INFO(again.err);
    CHECK(again.code == 0);
    for (const char* const suffix : {"", "-wal", "-shm", "-artifacts"}) {
      std::filesystem::remove_all(target + suffix);
    }
  }
}
#endif

TEST_CASE("a second signal ends a command at once that the first one cannot") {
  Place place;
  place.fill();
  {
    Storage storage(place.database_place().config());
    storage.session_storage().save_message(conformance::alice, "s1", {.content = std::string(1'000'000, 'x')});
  }
  const auto words = place.on_database({"export", "--user", "alice"});
  const NamedPipe pipe(place.file("pipe"));
  const Output output = place.program().run_while(
      words,
      [&](pid_t process) {
        const Running running(process);
        // In the middle of a long message it waits for a reader, who never comes.
        wait_until([&] { return pipe.is_half_full() && running.sleeps(); });
        running.send(SIGTERM);
        wait_until([&] { return !running.has_pending(SIGTERM); });
        CHECK(running.sleeps());
        running.send(SIGTERM);
      },
      pipe.path());
  // The one of the signal, not of an interruption.
  CHECK(output.code == 128 + SIGTERM);
  CHECK(output.err.empty());
}
