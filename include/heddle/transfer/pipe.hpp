// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <algorithm>
#include <condition_variable>
#include <cstddef>
#include <exception>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::transfer {

/// Hands the bytes of one thread to another. It keeps those of one write, so that both work at the same time: the next
/// write waits until they are read.
class Pipe {
 public:
  /// Throws `cancelled` if the reader has gone.
  void write(std::string_view bytes) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return rest_.empty() || abandoned_; });
    if (abandoned_) { throw Error(ErrorCode::cancelled, "the stream is not read any more"); }
    kept_.assign(bytes);
    rest_ = kept_;
    changed_.notify_all();
  }
  /// No bytes come any more. With a failure, `read` throws it.
  void end(std::exception_ptr failure = nullptr) noexcept {
    const std::lock_guard lock(mutex_);
    failure_ = std::move(failure);
    ended_ = true;
    changed_.notify_all();
  }

  /// Waits for bytes, and returns how many were read; 0 at the end.
  [[nodiscard]] std::size_t read(std::span<char> buffer) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return !rest_.empty() || ended_; });
    if (rest_.empty()) {
      if (failure_) { std::rethrow_exception(failure_); }
      return 0;
    }
    const std::size_t count = std::min(rest_.size(), buffer.size());
    std::copy_n(rest_.data(), count, buffer.data());
    rest_.remove_prefix(count);
    if (rest_.empty()) { changed_.notify_all(); }
    return count;
  }
  /// The reader goes.
  void abandon() noexcept {
    const std::lock_guard lock(mutex_);
    abandoned_ = true;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_{};
  std::condition_variable changed_{};
  std::string kept_{};
  std::string_view rest_{};  ///< of it, what was not read
  std::exception_ptr failure_{};
  bool ended_ = false;
  bool abandoned_ = false;
};

/// Abandons a pipe at the end of a scope.
class PipeReader {
 public:
  explicit PipeReader(Pipe& pipe) noexcept : pipe_(pipe) {}
  PipeReader(const PipeReader&) = delete;
  PipeReader& operator=(const PipeReader&) = delete;
  ~PipeReader() { pipe_.abandon(); }

 private:
  Pipe& pipe_;
};

}  // namespace heddle::transfer
