#pragma once

#include <doctest/doctest.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdarg>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <functional>
#include <map>
#include <string>

/// The calls on artifact files, and on those of backups, of which one can be made to fail, or to be the last one of the
/// process. Defines them in the place of those of the C library: to be included in one file of a program. Calls of
/// SQLite and of others are not touched. One thread.
namespace crash {

/// What happens at a call.
struct CallFault {
  int at = 1;               ///< which call, from 1
  int code = EIO;           ///< what it fails with
  bool lasting = false;     ///< all calls after it fail, too
  bool done_first = false;  ///< what was asked for happens all the same
  bool kill = false;        ///< the process ends instead
};

class FaultyCalls {
 public:
  static FaultyCalls& all() {
    static FaultyCalls calls;
    return calls;
  }

  void inject(const CallFault& fault) {
    fault_ = fault;
    count_ = 0;
    armed_ = true;
  }
  /// Ends it; returns whether it occurred.
  bool heal() {
    armed_ = false;
    return count_ >= fault_.at;
  }

  /// Makes a call on artifact files.
  template <class Call>
  auto make(Call&& call) -> decltype(call()) {
    if (!armed_) { return call(); }
    ++count_;
    if (count_ < fault_.at || (count_ > fault_.at && !fault_.lasting)) { return call(); }
    if (fault_.done_first) { call(); }
    if (fault_.kill) { ::kill(::getpid(), SIGKILL); }
    errno = fault_.code;
    return -1;
  }

  /// Remembers descriptors of artifact files.
  void opened(long descriptor) {
    if (descriptor >= 0 && descriptor < static_cast<long>(own_.size())) {
      own_.at(static_cast<std::size_t>(descriptor)) = true;
    }
  }
  void closed(int descriptor) {
    if (owns(descriptor)) { own_.at(static_cast<std::size_t>(descriptor)) = false; }
  }
  [[nodiscard]] bool owns(int descriptor) const {
    return descriptor >= 0 && static_cast<std::size_t>(descriptor) < own_.size() &&
           own_.at(static_cast<std::size_t>(descriptor));
  }

 private:
  CallFault fault_{};
  int count_ = 0;
  bool armed_ = false;
  std::array<bool, 4096> own_{};
};

/// The kinds of calls that fail, by what they are called in a message.
inline const std::map<std::string, CallFault>& failing_calls() {
  static const std::map<std::string, CallFault> all{{"fails", {}},
                                                    {"fails, disk full", {.code = ENOSPC}},
                                                    {"fails, not permitted", {.code = EACCES}},
                                                    {"fails, and all after it", {.lasting = true}},
                                                    {"done, but the result is lost", {.done_first = true}}};
  return all;
}

/// Runs `action` in a process of its own; returns false if it was killed.
inline bool survives(const std::function<void()>& action) {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    action();
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status);
}

}  // namespace crash

// NOLINTBEGIN: the names and signatures are those of the C library.
extern "C" {
int openat(int folder, const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  auto& calls = crash::FaultyCalls::all();
  const auto call = [&] { return static_cast<int>(::syscall(SYS_openat, folder, path, flags, mode)); };
  if (!calls.owns(folder)) { return call(); }
  const int descriptor = calls.make(call);
  calls.opened(descriptor);
  return descriptor;
}
int open(const char* path, int flags, ...) {
  mode_t mode = 0;
  if ((flags & O_CREAT) != 0) {
    va_list rest;
    va_start(rest, flags);
    mode = va_arg(rest, mode_t);
    va_end(rest);
  }
  const auto call = [&] { return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode)); };
  // SQLite opens none so, and the standard library none through this function.
  if ((flags & O_DIRECTORY) == 0) { return call(); }
  auto& calls = crash::FaultyCalls::all();
  const int descriptor = calls.make(call);
  calls.opened(descriptor);
  return descriptor;
}
int close(int descriptor) {
  crash::FaultyCalls::all().closed(descriptor);
  return static_cast<int>(::syscall(SYS_close, descriptor));
}
int mkdirat(int folder, const char* path, mode_t mode) noexcept {
  return crash::FaultyCalls::all().make([&] { return static_cast<int>(::syscall(SYS_mkdirat, folder, path, mode)); });
}
int renameat(int from, const char* old_path, int to, const char* new_path) noexcept {
  return crash::FaultyCalls::all().make(
      [&] { return static_cast<int>(::syscall(SYS_renameat, from, old_path, to, new_path)); });
}
int renameat2(int from, const char* old_path, int to, const char* new_path, unsigned flags) noexcept {
  return crash::FaultyCalls::all().make(
      [&] { return static_cast<int>(::syscall(SYS_renameat2, from, old_path, to, new_path, flags)); });
}
int unlinkat(int folder, const char* path, int flags) noexcept {
  return crash::FaultyCalls::all().make([&] { return static_cast<int>(::syscall(SYS_unlinkat, folder, path, flags)); });
}
int fstatat(int folder, const char* path, struct stat* found, int flags) noexcept {
  const auto call = [&] { return static_cast<int>(::syscall(SYS_newfstatat, folder, path, found, flags)); };
  auto& calls = crash::FaultyCalls::all();
  return calls.owns(folder) ? calls.make(call) : call();
}
ssize_t write(int descriptor, const void* bytes, size_t size) {
  const auto call = [&] { return static_cast<ssize_t>(::syscall(SYS_write, descriptor, bytes, size)); };
  auto& calls = crash::FaultyCalls::all();
  return calls.owns(descriptor) ? calls.make(call) : call();
}
ssize_t read(int descriptor, void* bytes, size_t size) {
  const auto call = [&] { return static_cast<ssize_t>(::syscall(SYS_read, descriptor, bytes, size)); };
  auto& calls = crash::FaultyCalls::all();
  return calls.owns(descriptor) ? calls.make(call) : call();
}
int fsync(int descriptor) {
  const auto call = [&] { return static_cast<int>(::syscall(SYS_fsync, descriptor)); };
  auto& calls = crash::FaultyCalls::all();
  return calls.owns(descriptor) ? calls.make(call) : call();
}
}
// NOLINTEND
