#pragma once

#include "support/child_process.hpp"
#include "support/long_run.hpp"
#include "support/seed.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <thread>
#include <utility>

/// Processes that are killed while they do work that has steps, such as batches.
namespace support {

/// The child: works until it is killed, at the latest behind the step that the parent has chosen, from 1. `work` gets
/// what it has to call behind each step.
template <class Work>
void work_until_killed(const Work& work) {
  int steps = Parent::number("HEDDLE_TEST_STEPS");
  const auto end_step = [&steps](const auto& /*progress*/) {
    if (--steps == 0) { Parent::die(); }
  };
  Parent::tell("b");
  work(end_step);
  Parent::tell("done");
}

/// How often each end came.
using Ends = std::map<std::string, int>;

/// Kills children that run a test case of this program, which calls `work_until_killed`.
class Killer {
 public:
  /// As of `ChildProcess`.
  using Settings = std::map<std::string, std::string>;

  explicit Killer(std::string test_case) : test_case_(std::move(test_case)) {}

  /// Lets a child do all of its work. How long that takes says which moments there are for `kill`.
  void measure(const Settings& settings) {
    const ChildProcess child(test_case_, with_steps(settings, 0));
    child.wait_for_sign();
    const auto start = std::chrono::steady_clock::now();
    CHECK(child.read_to_end() == "done");
    whole_ = std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - start);
  }

  /// Kills a child behind a step, from 1; or, if that is 0, at a random moment. Returns false if its work was done by
  /// then.
  bool kill(const Settings& settings, std::int64_t step = 0) {
    ChildProcess child(test_case_, with_steps(settings, step));
    child.wait_for_sign();
    if (step == 0) {
      std::this_thread::sleep_for(Duration(random_() % static_cast<std::uint32_t>(whole_.count() + 1000)));
      child.kill();
    }
    const bool is_killed = child.wait_for_kill();
    if (!is_killed) { CHECK(child.wait()); }
    return is_killed;
  }

  /// Calls `round(step)` for each of `usual` kills, or 200 in a run of full size. The first half of them, at most as
  /// many as there are steps, is behind a step each, which leaves half of the work for certain: behind the first, the
  /// last, and some between them. The others are at random moments, with 0.
  template <class Round>
  static void for_each_kill(std::int64_t usual, std::int64_t steps, const Round& round) {
    const std::int64_t kills = size_of_run(usual, 200);
    const std::int64_t behind_steps = std::min(kills / 2, steps);
    for (std::int64_t kill = 0; kill < kills; ++kill) {
      INFO("HEDDLE_TEST_SEED=" << seed() << ", kill " << kill);
      round(kill < behind_steps ? 1 + kill * (steps - 1) / (behind_steps - 1) : std::int64_t{0});
    }
  }

 private:
  using Duration = std::chrono::microseconds;

  static Settings with_steps(Settings settings, std::int64_t step) {
    settings["HEDDLE_TEST_STEPS"] = std::to_string(step);
    return settings;
  }

  std::string test_case_;
  std::mt19937 random_{seed()};
  Duration whole_{0};
};

}  // namespace support
