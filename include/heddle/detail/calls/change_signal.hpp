// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"

#include <array>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string_view>

namespace heddle::detail::calls {

/// Wakes threads that wait for a change of something in the database. Who changes it calls `notify` after the commit;
/// who waits takes the version, looks at the database, and sleeps only if nothing was notified since. Topics share some
/// slots: waking one too many costs a look and nothing else. Safe to use from many threads.
class ChangeSignal {
 public:
  /// How often this topic may have been notified.
  [[nodiscard]] std::uint64_t version(std::string_view topic) {
    Slot& slot = slot_of(topic);
    const std::lock_guard lock(slot.mutex);
    return slot.version;
  }

  /// Wakes all that wait for this topic.
  void notify(std::string_view topic) { notify(slot_of(topic)); }
  /// Wakes all that wait.
  void notify_all() {
    for (Slot& slot : slots_) { notify(slot); }
  }

  /// Sleeps until the version of the topic is no longer `seen`, the context is over, or `until` has come. Does not say
  /// which.
  void wait(const Context& context, std::string_view topic, std::uint64_t seen, Context::Clock::time_point until) {
    if (context.deadline && *context.deadline < until) { until = *context.deadline; }
    Slot& slot = slot_of(topic);
    std::unique_lock lock(slot.mutex);
    slot.changed.wait_until(lock, context.stop, until, [&] { return slot.version != seen; });
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
};

}  // namespace heddle::detail::calls
