// Private: may change in every version; public headers include it where it is needed.
#pragma once

namespace heddle::postgres::pool {

/// Notes that the calling thread holds a connection of a pool, for as long as the object lives: a visitor that is shown
/// rows may call the backend again, and then waits for a connection while it holds one.
class HeldByThread {
 public:
  explicit HeldByThread(const void* pool) noexcept : pool_(pool), outer_(innermost()) { innermost() = this; }
  HeldByThread(const HeldByThread&) = delete;
  HeldByThread& operator=(const HeldByThread&) = delete;
  HeldByThread(HeldByThread&&) = delete;
  HeldByThread& operator=(HeldByThread&&) = delete;
  ~HeldByThread() { innermost() = outer_; }

  /// How many connections of the pool this thread holds.
  [[nodiscard]] static int number(const void* pool) noexcept {
    int found = 0;
    for (const HeldByThread* each = innermost(); each != nullptr; each = each->outer_) {
      if (each->pool_ == pool) { ++found; }
    }
    return found;
  }

 private:
  static const HeldByThread*& innermost() noexcept {
    thread_local const HeldByThread* innermost = nullptr;
    return innermost;
  }

  const void* pool_;
  const HeldByThread* outer_;
};

}  // namespace heddle::postgres::pool
