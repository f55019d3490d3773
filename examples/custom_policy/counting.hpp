#pragma once

#include <heddle/call.hpp>
#include <heddle/concepts/storage_policy.hpp>

#include <atomic>
#include <cstdint>

/// A policy that wraps another one and counts its units of work. To write a decorator, derive from the policy, derive
/// from its engine, and replace the functions that should differ.
template <heddle::StoragePolicy Inner>
struct Counting : Inner {
  class Engine : public Inner::Engine {
   public:
    using Inner::Engine::Engine;

    template <class Work>
    auto read(const heddle::Call& call, Work& work) {
      ++reads;
      return Inner::Engine::read(call, work);
    }

    template <class Work>
    auto write(const heddle::Call& call, Work& work) {
      ++writes;
      return Inner::Engine::write(call, work);
    }
  };

  static inline std::atomic<std::int64_t> reads{0};
  static inline std::atomic<std::int64_t> writes{0};
};
