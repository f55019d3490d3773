#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

namespace benchmarks {

/// Returns the seconds that `action` takes.
template <class Action>
double seconds(Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// Returns the value at this quantile, 0 to 1.
inline double quantile(std::vector<double> values, double at) {
  std::sort(values.begin(), values.end());
  return values[static_cast<std::size_t>(at * static_cast<double>(values.size() - 1))];
}

/// Runs a program; returns its exit status, and prints what fails.
template <class Program>
int exit_status(Program&& program) {
  try {
    program();
    return 0;
  } catch (const std::exception& failure) {
    std::fprintf(stderr, "%s\n", failure.what());
    return 1;
  }
}

/// Prints the median of per-round ratios with their quartiles.
inline void print_ratio(const std::string& what, const std::vector<double>& ratios) {
  std::printf("%-60s %6.2fx  (quartiles %.2f to %.2f, %zu rounds)\n", what.c_str(), quantile(ratios, 0.5),
              quantile(ratios, 0.25), quantile(ratios, 0.75), ratios.size());
}

}  // namespace benchmarks
