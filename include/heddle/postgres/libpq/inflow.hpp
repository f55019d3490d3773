// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>
#include <ctime>

#include <sys/ioctl.h>

namespace heddle::postgres::libpq {

/// Counts what libpq reads from a socket. libpq does not tell how large a result is before the last row has arrived,
/// and the mode in which it returns rows one by one doubles the cost of small rows.
class Inflow {
 public:
  /// PQconsumeInput, counted.
  [[nodiscard]] bool consume(PGconn* connection) {
    const std::int64_t before = pending(PQsocket(connection));
    const std::int64_t started = before < buffer ? 0 : processor_nanoseconds();
    const bool consumed = PQconsumeInput(connection) == 1;
    const std::int64_t after = pending(PQsocket(connection));
    bytes_ += std::max(before - after, std::min(before, buffer));
    // More has arrived while libpq read. It reads until its buffer is full, which is as large as the largest row.
    if (before >= buffer && after != 0) { bytes_ += copied_in(processor_nanoseconds() - started); }
    return consumed;
  }

  /// The bytes that were read. When a server on the same machine sends while libpq reads, they are estimated.
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  void restart() noexcept { bytes_ = 0; }

 private:
  static constexpr std::int64_t buffer = std::int64_t{16} << 10U;

  /// How many bytes a thread can copy from a socket in a time of the processor: about 2 for each nanosecond. The time
  /// is that of the thread, so that waiting counts nothing.
  static std::int64_t copied_in(std::int64_t nanoseconds) noexcept { return 2 * nanoseconds; }
  static std::int64_t processor_nanoseconds() noexcept {
    timespec time{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
  }
  static std::int64_t pending(int socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket, FIONREAD, &bytes) == 0 ? bytes : 0;
  }

  std::int64_t bytes_ = 0;
};

}  // namespace heddle::postgres::libpq
