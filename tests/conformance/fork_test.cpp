#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <string>
#include <thread>

using namespace conformance;
using namespace heddle;

namespace {

/// Runs `work` in a forked child, which is killed if it takes longer than half a minute. Returns true if `work`
/// returned true.
template <class Work>
bool in_child(Work&& work) {
  const pid_t child = ::fork();
  if (child == 0) {
    ::alarm(30);
    ::_exit(work() ? 0 : 1);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

template <class Action>
bool is_refused(Action&& action) {
  try {
    action();
    return false;
  } catch (const Error& error) {
    return error.code() == ErrorCode::failed_precondition &&
           std::string(error.what()).find("fork") != std::string::npos;
  }
}

}  // namespace

CONFORMANCE_TEST("a child that was forked while calls run is refused at once, and the parent goes on") {
  Subject subject;
  auto& backend = subject.backend();
  auto& store = backend.session_storage();
  add_session(backend, alice, "s");
  std::atomic<bool> stop{false};
  std::atomic<int> saved{0};
  std::jthread writer([&] {
    while (!stop) {
      store.save_message(alice, "s", says("x"));
      ++saved;
    }
  });
  for (int fork = 0; fork < 10; ++fork) {
    CHECK(in_child([&] {
      const bool refused = is_refused([&] { store.save_message(alice, "s", says("of a child")); }) &&
                           is_refused([&] { static_cast<void>(store.load_messages(alice, "s")); }) &&
                           is_refused([&] { backend.ping(); }) && is_refused([&] { backend.migrate(); });
      backend.close();
      return refused && is_refused([&] { backend.ping(); });
    }));
  }
  const int before = saved;
  while (saved < before + 10) { std::this_thread::yield(); }
  stop = true;
  writer.join();
  CHECK(store.load_session(alice, "s")->last_sequence == saved);
}
