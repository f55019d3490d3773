// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <libpq-fe.h>

#include <algorithm>
#include <cstdint>

#include <sys/ioctl.h>

namespace heddle::postgres::libpq {

/// Counts what libpq reads from a socket. libpq does not tell how large a result is before the last row has arrived,
/// and the mode in which it returns rows one by one doubles the cost of small rows.
class Inflow {
 public:
  /// PQconsumeInput, counted.
  [[nodiscard]] bool consume(PGconn* connection) {
    const std::int64_t before = pending(PQsocket(connection));
    const bool consumed = PQconsumeInput(connection) == 1;
    // While libpq reads, more can arrive: then at least its smallest buffer is full.
    bytes_ += std::max(before - pending(PQsocket(connection)), std::min(before, buffer));
    return consumed;
  }

  /// The bytes that were read; half of them in the worst case, when a server on the same machine sends while libpq
  /// reads.
  [[nodiscard]] std::int64_t bytes() const noexcept { return bytes_; }
  void restart() noexcept { bytes_ = 0; }

 private:
  static constexpr std::int64_t buffer = std::int64_t{16} << 10U;

  static std::int64_t pending(int socket) noexcept {
    int bytes = 0;
    return ::ioctl(socket, FIONREAD, &bytes) == 0 ? bytes : 0;
  }

  std::int64_t bytes_ = 0;
};

}  // namespace heddle::postgres::libpq
