#include "support/session_model.hpp"
#include "concurrency/raw_connection.hpp"
#include "heddle/sqlite.hpp"
#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/session_steps.hpp"
#include "support/stopwatch.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>

using namespace heddle;
using namespace std::chrono_literals;
using support::ChildProcess;
using support::Parent;

/// A process that appends, forks, rewinds, folds, redacts and deletes at random is killed at random moments.
namespace {

constexpr std::uint32_t seed = 20261126;
constexpr auto* test_case = "child: change sessions until killed";

/// Returns the model after so many steps.
support::SessionModel model_after(std::int64_t steps) {
  support::SessionModel model(seed);
  for (std::int64_t number = 0; number < steps; ++number) { model.make(model.next()); }
  return model;
}

std::map<std::string, std::string> settings(const std::string& path, std::int64_t steps) {
  return {{"HEDDLE_TEST_PATH", path}, {"HEDDLE_TEST_ROUND", std::to_string(steps)}};
}

}  // namespace

TEST_CASE("child: change sessions until killed" * doctest::skip()) {
  Backend<Sqlite> backend({.path = Parent::setting("HEDDLE_TEST_PATH")});
  support::SessionModel model = model_after(Parent::number("HEDDLE_TEST_ROUND"));
  for (;;) {
    const support::Step step = model.next();
    support::make(backend.session_storage(), {}, step);
    model.make(step);
    Parent::tell("s");
  }
}

TEST_CASE("a process that is killed while it changes sessions leaves each step whole or undone") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path() / "heddle.db").string();
  Backend<Sqlite>({.path = path}).migrate();
  const support::Stopwatch start;
  ChildProcess(test_case, settings(path, 0)).wait_for_sign();
  const auto until_first = std::chrono::duration_cast<std::chrono::microseconds>(start.elapsed());
  std::mt19937 random(seed);
  // The first process has made at least one step, and was killed at another.
  std::int64_t steps = -1;
  const std::int64_t wanted = support::size_of_run(1'000, 100'000);
  int kills = 0;
  while (steps < wanted) {
    std::int64_t reported = 0;
    if (steps < 0) {
      steps = 0;
      reported = -1;
    } else {
      ChildProcess child(test_case, settings(path, steps));
      // One in four can be killed while it opens the file; the others work, however slow the machine is.
      const auto pause = std::chrono::microseconds(random() % 60'000);
      if (random() % 4 == 0) {
        std::this_thread::sleep_for(until_first / 2 + pause);
      } else {
        child.wait_for_sign();
        reported = 1;
        std::this_thread::sleep_for(pause);
      }
      child.kill();
      reported += static_cast<std::int64_t>(child.read_to_end().size());
      REQUIRE(child.wait_for_kill());
      ++kills;
    }
    Backend<Sqlite> backend({.path = path});
    // Of the first process it is not known how far it came.
    const std::int64_t most = reported < 0 ? 100'000 : steps + reported + 1;
    if (reported > 0) { steps += reported; }
    support::SessionModel model = model_after(steps);
    std::string difference = model.difference(backend.session_storage(), {});
    while (!difference.empty() && steps < most) {
      ++steps;
      model.make(model.next());
      difference = model.difference(backend.session_storage(), {});
    }
    CAPTURE(kills);
    CAPTURE(steps);
    REQUIRE(difference == "");
  }
  CHECK(concurrency::RawConnection(path).damage() == "");
  MESSAGE("killed " << kills << " times in " << steps << " steps");
}
