#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/storage_policy.hpp"

#include <atomic>
#include <cstdint>

namespace support {

/// A policy around another one that counts the units of work that pass through it.
template <heddle::StoragePolicy Inner>
struct Counting : Inner {
  class Engine : public Inner::Engine {
   public:
    using Inner::Engine::Engine;

    template <class Work>
    auto read(const heddle::Call& call, Work& work) {
      ++units;
      return Inner::Engine::read(call, work);
    }

    template <class Work>
    auto write(const heddle::Call& call, Work& work) {
      ++units;
      return Inner::Engine::write(call, work);
    }
  };

  /// Of all backends with this policy.
  static inline std::atomic<std::int64_t> units{0};
};

}  // namespace support
