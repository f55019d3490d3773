// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <utility>

namespace heddle::detail::calls {

/// Marks that the calling thread is inside `subject` (a call of a backend, say) while the object lives. Marks nest, as
/// visitors may call the library again. Precondition: the mark is a local variable, so that the marks of a thread end
/// in the reverse order of their beginning.
template <class Subject>
class ThreadMark {
 public:
  explicit ThreadMark(const Subject& subject) noexcept : subject_(&subject), outer_(std::exchange(innermost, this)) {}
  ThreadMark(const ThreadMark&) = delete;
  ThreadMark& operator=(const ThreadMark&) = delete;
  ThreadMark(ThreadMark&&) = delete;
  ThreadMark& operator=(ThreadMark&&) = delete;
  ~ThreadMark() { innermost = outer_; }

  /// Returns how many marks of `subject` the calling thread holds.
  [[nodiscard]] static int count(const Subject& subject) noexcept {
    int found = 0;
    for (const ThreadMark* mark = innermost; mark != nullptr; mark = mark->outer_) {
      if (mark->subject_ == &subject) { ++found; }
    }
    return found;
  }

 private:
  static inline thread_local const ThreadMark* innermost = nullptr;

  const Subject* subject_;
  const ThreadMark* outer_;
};

}  // namespace heddle::detail::calls
