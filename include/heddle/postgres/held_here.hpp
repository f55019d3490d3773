#pragma once

namespace heddle::postgres {

/// Notes that the calling thread holds a connection of a pool, for as long as the object lives: a visitor that is shown
/// rows may call the backend again, and then waits for a connection while it holds one.
class HeldHere {
 public:
  explicit HeldHere(const void* pool) noexcept : pool_(pool), outer_(innermost()) { innermost() = this; }
  HeldHere(const HeldHere&) = delete;
  HeldHere& operator=(const HeldHere&) = delete;
  HeldHere(HeldHere&&) = delete;
  HeldHere& operator=(HeldHere&&) = delete;
  ~HeldHere() { innermost() = outer_; }

  /// How many connections of the pool this thread holds.
  [[nodiscard]] static int number(const void* pool) noexcept {
    int found = 0;
    for (const HeldHere* each = innermost(); each != nullptr; each = each->outer_) {
      if (each->pool_ == pool) { ++found; }
    }
    return found;
  }

 private:
  static const HeldHere*& innermost() noexcept {
    thread_local const HeldHere* innermost = nullptr;
    return innermost;
  }

  const void* pool_;
  const HeldHere* outer_;
};

}  // namespace heddle::postgres
