#pragma once

#include "measure.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

/// One way to do the same: a name, and a call that gets a number, which grows by one with each call.
struct Variant {
  std::string name;
  std::function<void(int)> call;
  int calls = 0;                      ///< in a round, if not as many as the others
  std::function<void()> before = {};  ///< not measured; before each call
};

/// What the rounds of a variant gave whose calls are made at the same time.
struct Throughput {
  std::vector<double> per_second{};  ///< of the rounds
  std::vector<double> calls_us{};    ///< of the calls; can be empty
};

/// Runs variants in rotated rounds and prints a line of JSON for each; README.md describes its members. The variant
/// `heddle` is the one that ratios are to.
class Comparison {
 public:
  /// `messages` is how many the databases hold.
  Comparison(std::string backend, std::int64_t messages) : backend_(std::move(backend)), messages_(messages) {}

  /// Runs each variant `calls` times in each of `rounds` rounds, after one round that does not count if `warms_up`.
  void run(const std::string& task, const std::vector<Variant>& variants, int rounds, int calls,
           bool warms_up = true) const {
    std::vector<Times> all(variants.size());
    std::vector<int> numbers(variants.size());
    for (int round = warms_up ? -1 : 0; round < rounds; ++round) {
      for (std::size_t index = 0; index < variants.size(); ++index) {
        const std::size_t at = (index + static_cast<std::size_t>(round + 1)) % variants.size();
        std::vector<double> times;
        const int wanted = variants[at].calls > 0 ? variants[at].calls : calls;
        for (int call = 0; call < wanted; ++call) {
          if (variants[at].before) { variants[at].before(); }
          times.push_back(1e6 * seconds([&] { variants[at].call(numbers[at]++); }));
        }
        if (round < 0) { continue; }
        all[at].medians.push_back(quantile(times, 0.5));
        all[at].calls.insert(all[at].calls.end(), times.begin(), times.end());
      }
    }
    const Times* reference = nullptr;
    for (std::size_t index = 0; index < variants.size(); ++index) {
      if (variants[index].name == "heddle") { reference = &all[index]; }
    }
    for (std::size_t index = 0; index < variants.size(); ++index) {
      print(task, variants[index].name, all[index], reference);
    }
  }

  /// Prints a count of one call, which does not depend on the machine, as a line of JSON.
  void count(const char* task, const char* variant, const char* what, double value) const {
    begin(task, variant);
    std::printf(R"("count": "%s", "value": %.2f})"
                "\n",
                what, value);
    std::fflush(stdout);
  }

  /// Prints a line of JSON for each variant.
  void rates(const std::string& task, const std::vector<std::string>& variants,
             const std::vector<Throughput>& all) const {
    const Throughput* reference = nullptr;
    for (std::size_t index = 0; index < variants.size(); ++index) {
      if (variants[index] == "heddle") { reference = &all[index]; }
    }
    for (std::size_t index = 0; index < variants.size(); ++index) {
      const std::vector<double>& rates = all[index].per_second;
      const std::vector<double>& calls = all[index].calls_us;
      begin(task, variants[index]);
      std::printf(R"("per_second": %.1f, "quartiles_per_second": [%.1f, %.1f])", quantile(rates, 0.5),
                  quantile(rates, 0.25), quantile(rates, 0.75));
      if (!calls.empty()) {
        std::printf(R"(, "calls": %zu, "p50_us": %.2f, "p99_us": %.2f, "worst_us": %.2f)", calls.size(),
                    quantile(calls, 0.5), quantile(calls, 0.99), quantile(calls, 1));
      }
      if (reference != nullptr) { print_ratios(reference->per_second, rates); }
      std::printf("}\n");
      std::fflush(stdout);
    }
  }

 private:
  struct Times {
    std::vector<double> calls{};
    std::vector<double> medians{};  // of the rounds
  };

  void print(const std::string& task, const std::string& variant, const Times& times, const Times* reference) const {
    begin(task, variant);
    std::printf(R"("calls": %zu, "median_us": %.2f, "quartiles_us": [%.2f, %.2f], "p99_us": %.2f, "worst_us": %.2f)",
                times.calls.size(), quantile(times.calls, 0.5), quantile(times.medians, 0.25),
                quantile(times.medians, 0.75), quantile(times.calls, 0.99), quantile(times.calls, 1));
    if (reference != nullptr) { print_ratios(times.medians, reference->medians); }
    std::printf("}\n");
    std::fflush(stdout);
  }

  void begin(const std::string& task, const std::string& variant) const {
    std::printf(R"({"backend": "%s", "messages": %lld, "task": "%s", "variant": "%s", )", backend_.c_str(),
                static_cast<long long>(messages_), task.c_str(), variant.c_str());
  }

  /// Of each round.
  static void print_ratios(const std::vector<double>& over, const std::vector<double>& under) {
    std::vector<double> ratios;
    for (std::size_t round = 0; round < over.size(); ++round) { ratios.push_back(over[round] / under[round]); }
    std::printf(R"(, "over_heddle": {"median": %.3f, "quartiles": [%.3f, %.3f]})", quantile(ratios, 0.5),
                quantile(ratios, 0.25), quantile(ratios, 0.75));
  }

  std::string backend_;
  std::int64_t messages_;
};

}  // namespace benchmarks
