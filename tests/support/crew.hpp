#pragma once

#include <barrier>
#include <cstddef>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

namespace support {

/// Calls `work(number)` on that many threads, which start at the same moment; waits for all of them and throws the
/// first exception of any of them.
template <class Work>
void together(int threads, Work work) {
  std::barrier start(threads);
  std::mutex mutex;
  std::exception_ptr failure;
  std::vector<std::jthread> crew;
  crew.reserve(static_cast<std::size_t>(threads));
  for (int number = 0; number < threads; ++number) {
    crew.emplace_back([&, number] {
      start.arrive_and_wait();
      try {
        work(number);
      } catch (...) {
        const std::lock_guard lock(mutex);
        if (!failure) { failure = std::current_exception(); }
      }
    });
  }
  for (std::jthread& each : crew) { each.join(); }
  if (failure) { std::rethrow_exception(failure); }
}

/// Calls `work(number, round)` on that many threads, round by round; each round starts at the same moment. A thread
/// whose work threw skips the other rounds, so that no thread waits for it.
template <class Work>
void in_rounds(int threads, int rounds, Work work) {
  std::barrier round_begins(threads);
  together(threads, [&](int number) {
    std::exception_ptr failure;
    for (int round = 0; round < rounds; ++round) {
      round_begins.arrive_and_wait();
      if (failure) { continue; }
      try {
        work(number, round);
      } catch (...) { failure = std::current_exception(); }
    }
    if (failure) { std::rethrow_exception(failure); }
  });
}

}  // namespace support
