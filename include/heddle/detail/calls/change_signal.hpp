// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <array>
#include <concepts>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::detail::calls {

/// Wakes threads that wait for a change in the database. The thread that changes something calls `notify` after the
/// commit. A waiting thread reads the version, then the database, and then waits until the version changes. Topics
/// share a fixed number of slots: a thread that is woken without need reads the database once more. Many threads may
/// use it.
class ChangeSignal {
 public:
  /// Returns a number that changes with each notification of this topic.
  [[nodiscard]] std::uint64_t version(std::string_view topic) {
    Slot& slot = slot_of(topic);
    const std::lock_guard lock(slot.mutex);
    return slot.version;
  }

  // The functions for several topics are templates, which only files that call them compile.

  /// Returns the versions of several topics, in their order.
  [[nodiscard]] std::vector<std::uint64_t> versions(const std::same_as<std::vector<std::string>> auto& topics) {
    std::vector<std::uint64_t> versions;
    versions.reserve(topics.size());
    for (const std::string& topic : topics) { versions.push_back(version(topic)); }
    return versions;
  }

  /// Wakes all threads that wait for this topic.
  void notify(std::string_view topic) {
    notify(slot_of(topic));
    notify(any_);
  }
  /// Wakes all waiting threads.
  void notify_all() {
    for (Slot& slot : slots_) { notify(slot); }
    notify(any_);
  }

  /// Blocks until the version of the topic is no longer `seen`, the context is over, or the time `until` is reached.
  /// Does not report which.
  void wait(const Context& context, std::string_view topic, std::uint64_t seen, Context::Clock::time_point until) {
    if (context.deadline && *context.deadline < until) { until = *context.deadline; }
    Slot& slot = slot_of(topic);
    std::unique_lock lock(slot.mutex);
    slot.changed.wait_until(lock, context.stop, until, [&] { return slot.version != seen; });
  }

  /// The same for several topics, of which one must change.
  void wait_any(const Context& context, const std::same_as<std::vector<std::string>> auto& topics,
                const std::vector<std::uint64_t>& seen, Context::Clock::time_point until) {
    // So that most waiting threads are not woken by each change of any topic.
    if (topics.size() == 1) { return wait(context, topics.front(), seen.front(), until); }
    if (context.deadline && *context.deadline < until) { until = *context.deadline; }
    std::unique_lock lock(any_.mutex);
    // No thread has the lock of another slot when it takes this one.
    any_.changed.wait_until(lock, context.stop, until, [&] { return versions(topics) != seen; });
  }

 private:
  struct Slot {
    std::mutex mutex{};
    std::condition_variable_any changed{};
    std::uint64_t version = 0;
  };

  static void notify(Slot& slot) {
    {
      const std::lock_guard lock(slot.mutex);
      ++slot.version;
    }
    slot.changed.notify_all();
  }
  [[nodiscard]] Slot& slot_of(std::string_view topic) noexcept {
    return slots_[std::hash<std::string_view>{}(topic) % slots_.size()];
  }

  std::array<Slot, 64> slots_{};
  Slot any_{};  ///< changes with each of the others, and after it
};

}  // namespace heddle::detail::calls
