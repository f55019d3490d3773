// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <chrono>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace heddle::postgres::libpq {

/// Makes a socket blocking, with a short timeout, while the object lives. A non-blocking socket accepts little at a
/// time, and after each part libpq moves the rest of its buffer to the front: for 200 MB that takes ten times as long
/// as the sending.
class BulkSending {
 public:
  explicit BulkSending(int socket) noexcept : socket_(socket), flags_(::fcntl(socket, F_GETFL)) {
    if (flags_ < 0) { return; }
    set_timeouts(std::chrono::milliseconds(50), std::chrono::milliseconds(1));
    ::fcntl(socket_, F_SETFL, flags_ & ~O_NONBLOCK);
  }
  BulkSending(const BulkSending&) = delete;
  BulkSending& operator=(const BulkSending&) = delete;
  BulkSending(BulkSending&&) = delete;
  BulkSending& operator=(BulkSending&&) = delete;
  ~BulkSending() {
    if (flags_ < 0) { return; }
    ::fcntl(socket_, F_SETFL, flags_);
    set_timeouts({}, {});
  }

 private:
  /// Zero means no limit.
  void set_timeouts(std::chrono::milliseconds sending, std::chrono::milliseconds receiving) const noexcept {
    const auto set = [this](int option, std::chrono::microseconds time) {
      timeval value{};
      value.tv_usec = time.count();
      ::setsockopt(socket_, SOL_SOCKET, option, &value, sizeof value);
    };
    set(SO_SNDTIMEO, sending);
    set(SO_RCVTIMEO, receiving);
  }

  int socket_;
  int flags_;
};

}  // namespace heddle::postgres::libpq
