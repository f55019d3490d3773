#pragma once

#include "comparison.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace benchmarks {

/// What some threads of a crowd do: each calls again and again until the time of the round is over.
struct Work {
  std::string task;
  int threads = 1;
  std::function<void(int thread, int number)> call{};  ///< `number` grows by one with each call of the thread
};

/// One way to let many threads do the same.
struct Crowd {
  std::string name;
  std::vector<Work> works;            ///< at the same time; the same tasks as the other crowds
  std::function<void()> before = {};  ///< not measured; before each round
  std::function<void()> after = {};   ///< measured: what the calls of a round still owe
};

namespace detail {

inline void run_round(const Crowd& crowd, std::chrono::milliseconds time, std::vector<std::vector<int>>& numbers,
                      std::vector<Throughput>& results) {
  if (crowd.before) { crowd.before(); }
  std::vector<std::vector<std::vector<double>>> times(crowd.works.size());
  const double elapsed = seconds([&] {
    const auto end = std::chrono::steady_clock::now() + time;
    std::vector<std::thread> threads;
    for (std::size_t work = 0; work < crowd.works.size(); ++work) {
      times[work].resize(numbers[work].size());
      for (std::size_t thread = 0; thread < numbers[work].size(); ++thread) {
        threads.emplace_back([&, work, thread] {
          while (std::chrono::steady_clock::now() < end) {
            const int number = numbers[work][thread]++;
            times[work][thread].push_back(1e6 *
                                          seconds([&] { crowd.works[work].call(static_cast<int>(thread), number); }));
          }
        });
      }
    }
    for (auto& thread : threads) { thread.join(); }
    if (crowd.after) { crowd.after(); }
  });
  for (std::size_t work = 0; work < crowd.works.size(); ++work) {
    std::size_t calls = 0;
    for (const auto& each : times[work]) {
      calls += each.size();
      results[work].calls_us.insert(results[work].calls_us.end(), each.begin(), each.end());
    }
    results[work].per_second.push_back(static_cast<double>(calls) / elapsed);
  }
}

}  // namespace detail

/// Runs crowds in rotated rounds, each for so long, and prints the calls a second of each work.
inline void run_crowds(const Comparison& comparison, const std::vector<Crowd>& crowds, int rounds,
                       std::chrono::milliseconds time) {
  std::vector<std::vector<std::vector<int>>> numbers(crowds.size());
  std::vector<std::vector<Throughput>> results(crowds.size());
  std::vector<std::string> names;
  for (std::size_t index = 0; index < crowds.size(); ++index) {
    for (const Work& work : crowds[index].works) {
      numbers[index].emplace_back(static_cast<std::size_t>(work.threads));
    }
    results[index].resize(crowds[index].works.size());
    names.push_back(crowds[index].name);
  }
  for (int round = 0; round < rounds; ++round) {
    for (std::size_t index = 0; index < crowds.size(); ++index) {
      const std::size_t at = (index + static_cast<std::size_t>(round)) % crowds.size();
      detail::run_round(crowds[at], time, numbers[at], results[at]);
    }
  }
  for (std::size_t work = 0; work < crowds.front().works.size(); ++work) {
    std::vector<Throughput> of_work;
    for (auto& each : results) { of_work.push_back(std::move(each[work])); }
    comparison.rates(crowds.front().works[work].task, names, of_work);
  }
}

}  // namespace benchmarks
