#pragma once

#include <array>
#include <cerrno>
#include <csignal>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/// Other processes for tests: this program, executed anew to run one skipped test case. A plain fork of a program with
/// threads would copy held locks and open databases.
namespace support {

/// Both ends of a pipe; closed by the destructor.
class Pipe {
 public:
  Pipe() {
    if (::pipe2(ends_.data(), O_CLOEXEC) != 0) { throw std::system_error(errno, std::generic_category()); }
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  Pipe(Pipe&&) = delete;
  Pipe& operator=(Pipe&&) = delete;
  ~Pipe() {
    close_reader();
    close_writer();
  }

  [[nodiscard]] int reader() const noexcept { return ends_[0]; }
  [[nodiscard]] int writer() const noexcept { return ends_[1]; }
  void close_reader() noexcept { close_end(ends_[0]); }
  void close_writer() noexcept { close_end(ends_[1]); }

 private:
  static void close_end(int& end) noexcept {
    if (end >= 0) { ::close(end); }
    end = -1;
  }

  std::array<int, 2> ends_{-1, -1};
};

/// A process that runs one test case of this program. The parent reads here what the child writes to `Parent`.
class ChildProcess {
 public:
  /// The file descriptors of a child's ends of the pipes.
  static constexpr int report = 100;
  static constexpr int gate = 101;

  /// `settings` become environment variables of the child.
  ChildProcess(const std::string& test_case, const std::map<std::string, std::string>& settings) {
    const std::string program = std::filesystem::read_symlink("/proc/self/exe").string();
    std::vector<std::string> arguments{program, "--test-case=" + test_case, "--no-skip", "--minimal"};
    std::vector<std::string> variables;
    for (const auto& [name, value] : settings) { variables.push_back(name + "=" + value); }
    for (char** inherited = environ; *inherited != nullptr; ++inherited) { variables.emplace_back(*inherited); }
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, report_.writer(), report);
    posix_spawn_file_actions_adddup2(&actions, gate_.reader(), gate);
    // A child's output reports failures, which must not mix with the parent's report.
    posix_spawn_file_actions_adddup2(&actions, STDERR_FILENO, STDOUT_FILENO);
    const int failure = ::posix_spawn(&pid_, program.c_str(), &actions, nullptr, pointers(arguments).data(),
                                      pointers(variables).data());
    posix_spawn_file_actions_destroy(&actions);
    if (failure != 0) { throw std::system_error(failure, std::generic_category()); }
    report_.close_writer();
    gate_.close_reader();
  }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ChildProcess(ChildProcess&&) = delete;
  ChildProcess& operator=(ChildProcess&&) = delete;
  ~ChildProcess() {
    kill();
    wait();
  }

  /// Waits for one byte of the child's report.
  void wait_for_sign() const { static_cast<void>(read_sign()); }

  /// The same; returns it.
  [[nodiscard]] char read_sign() const {
    char sign = 0;
    if (::read(report_.reader(), &sign, 1) != 1) { throw std::runtime_error("the child ended early"); }
    return sign;
  }

  /// Lets the child continue after `Parent::wait_at_gate`.
  void open_gate() noexcept { gate_.close_writer(); }

  /// Returns all that the child writes from now on until it ends.
  [[nodiscard]] std::string read_to_end() const {
    std::string text;
    std::array<char, 65536> buffer{};
    for (;;) {
      const ssize_t size = ::read(report_.reader(), buffer.data(), buffer.size());
      if (size < 0 && errno == EINTR) { continue; }
      if (size <= 0) { return text; }
      text.append(buffer.data(), static_cast<std::size_t>(size));
    }
  }

  /// Kills it without warning, like a power failure.
  void kill() noexcept {
    if (pid_ > 0) { ::kill(pid_, SIGKILL); }
  }

  /// Waits for its end; returns true if its test case passed.
  bool wait() noexcept {
    if (pid_ > 0) {
      while (::waitpid(pid_, &status_, 0) < 0 && errno == EINTR) {}
      pid_ = -1;
    }
    return WIFEXITED(status_) && WEXITSTATUS(status_) == 0;
  }

  /// Waits for its end; returns true if it was killed before it ended by itself.
  bool wait_for_kill() noexcept {
    wait();
    return WIFSIGNALED(status_) && WTERMSIG(status_) == SIGKILL;
  }

 private:
  static std::vector<char*> pointers(std::vector<std::string>& strings) {
    std::vector<char*> list;
    list.reserve(strings.size() + 1);
    for (std::string& each : strings) { list.push_back(each.data()); }
    list.push_back(nullptr);
    return list;
  }

  Pipe report_;
  Pipe gate_;
  pid_t pid_ = -1;
  int status_ = 0;
};

/// The parent of a child process, as used by the child.
struct Parent {
  /// Returns a setting of the parent.
  static std::string setting(const char* name) {
    const char* const value = std::getenv(name);
    if (value == nullptr) { throw std::runtime_error(std::string("not started by a test: no ") + name); }
    return value;
  }
  static int number(const char* name) { return std::stoi(setting(name)); }

  /// Sends a text to the parent in one write, so that short texts of several threads do not mix.
  static void tell(std::string_view text) {
    while (::write(ChildProcess::report, text.data(), text.size()) < 0 && errno == EINTR) {}
  }

  /// Ends the child as if it was killed from outside.
  [[noreturn]] static void die() {
    ::kill(::getpid(), SIGKILL);
    for (;;) { ::pause(); }
  }

  static void wait_at_gate() {
    char nothing = 0;
    while (::read(ChildProcess::gate, &nothing, 1) < 0 && errno == EINTR) {}
  }
};

}  // namespace support
