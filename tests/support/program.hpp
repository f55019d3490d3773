#pragma once

#include "support/child_process.hpp"
#include "support/temporary_folder.hpp"

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// What a program has printed, and its exit code; 128 and the number of the signal that has ended it.
struct Output {
  int code = -1;
  std::string out{};
  std::string err{};
};

/// A program that a test runs.
class Program {
 public:
  /// `settings` become environment variables.
  Program(std::filesystem::path path, std::map<std::string, std::string> settings)
      : path_(std::move(path)), settings_(std::move(settings)) {}

  /// Runs it with these arguments and this standard input.
  [[nodiscard]] Output run(const std::vector<std::string>& arguments, std::string_view input = {}) const {
    const std::filesystem::path in = folder_.path() / "in";
    std::ofstream(in, std::ios::binary) << input;
    const int from = ::open(in.c_str(), O_RDONLY | O_CLOEXEC);
    const pid_t process = start(arguments, from, file("out"), file("err"));
    ::close(from);
    return wait(process, arguments);
  }

  /// Runs it, and interrupts it when it has read almost all of an input that does not end.
  [[nodiscard]] Output run_interrupted(const std::vector<std::string>& arguments, std::string_view input) const {
    Pipe pipe;
    const pid_t process = start(arguments, pipe.reader(), file("out"), file("err"));
    pipe.close_reader();
    // A pipe has room for less than the input: the program has begun to read when all is written.
    for (std::string_view rest = input; !rest.empty();) {
      const ssize_t size = ::write(pipe.writer(), rest.data(), rest.size());
      if (size < 0 && errno != EINTR) { throw std::system_error(errno, std::generic_category()); }
      if (size > 0) { rest.remove_prefix(static_cast<std::size_t>(size)); }
    }
    ::kill(process, SIGINT);
    return wait(process, arguments);
  }

  /// Runs it, and calls `act(process)` meanwhile. `out` is a file for its standard output, such as a named pipe.
  template <class Act>
  [[nodiscard]] Output run_while(const std::vector<std::string>& arguments, Act&& act, std::string out = {}) const {
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t process = start(arguments, nothing, out.empty() ? file("out") : out, file("err"));
    ::close(nothing);
    try {
      act(process);
    } catch (...) {
      ::kill(process, SIGKILL);
      ::waitpid(process, nullptr, 0);
      throw;
    }
    return wait(process, arguments);
  }

  /// Runs it with a terminal as its standard output and error, and returns what it prints there.
  [[nodiscard]] Output run_in_terminal(const std::vector<std::string>& arguments) const {
    const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (terminal < 0 || ::grantpt(terminal) != 0 || ::unlockpt(terminal) != 0) {
      throw std::system_error(errno, std::generic_category());
    }
    const std::string name = ::ptsname(terminal);
    const int nothing = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    const pid_t process = start(arguments, nothing, name, name);
    ::close(nothing);
    Output output;
    for (char byte = 0;;) {
      const ssize_t size = ::read(terminal, &byte, 1);
      if (size < 0 && errno == EINTR) { continue; }
      // Before the program has opened its end there is nothing to read from, as there is after its end.
      if (size == 1) {
        output.out += byte;
      } else if (const int status = poll_end(process); status != running) {
        output.code = status;
        break;
      }
    }
    ::close(terminal);
    return output;
  }

 private:
  static constexpr int running = -1;
  static constexpr std::chrono::minutes patience{5};

  [[nodiscard]] std::string file(const char* name) const { return (folder_.path() / name).string(); }

  [[nodiscard]] pid_t start(const std::vector<std::string>& arguments, int in, const std::string& out,
                            const std::string& err) const {
    std::vector<std::string> words{path_.string()};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<std::string> variables;
    for (const auto& [name, value] : settings_) { variables.push_back(name + "=" + value); }
    for (char** inherited = environ; *inherited != nullptr; ++inherited) {
      const std::string variable = *inherited;
      if (settings_.count(variable.substr(0, variable.find('='))) == 0) { variables.push_back(variable); }
    }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
    constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOCTTY;
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out.c_str(), flags, 0600);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err.c_str(), flags, 0600);
    pid_t process = 0;
    const int failure =
        ::posix_spawn(&process, path_.c_str(), &actions, nullptr, pointers(words).data(), pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) { throw std::system_error(failure, std::generic_category()); }
    return process;
  }

  static int code_of(int status) { return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status); }

  static int poll_end(pid_t process) {
    int status = 0;
    return ::waitpid(process, &status, WNOHANG) == process ? code_of(status) : running;
  }

  /// A program that hangs must not hold up all tests, and says so by what it was to do.
  [[nodiscard]] Output wait(pid_t process, const std::vector<std::string>& arguments) const {
    int code = running;
    for (const auto end = std::chrono::steady_clock::now() + patience; code == running; code = poll_end(process)) {
      if (std::chrono::steady_clock::now() > end) {
        ::kill(process, SIGKILL);
        ::waitpid(process, nullptr, 0);
        std::string words = path_.string();
        for (const std::string& each : arguments) { words += " " + each; }
        throw std::runtime_error("a program does not end: " + words + "\n" + text_of("out") + text_of("err"));
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    return {code, text_of("out"), text_of("err")};
  }

  [[nodiscard]] std::string text_of(const char* name) const {
    std::ifstream stream(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    for (std::string& each : strings) { list.push_back(each.data()); }
    list.push_back(nullptr);
    return list;
  }

  std::filesystem::path path_;
  std::map<std::string, std::string> settings_;
  TemporaryFolder folder_;
};

}  // namespace support
