#pragma once

#include "support/protocol_frames.hpp"
#include "support/proxy_sockets.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <poll.h>
#include <sys/socket.h>

namespace support {

using Clock = std::chrono::steady_clock;

/// Whether the message at which a connection is cut arrives.
enum class Arrival { arrives, is_lost };

/// An order to cut one connection.
struct Cut {
  Direction direction{};
  int messages_left = 1;
  Arrival arrival{};
};

/// What a proxy does to all its connections, and what it has seen of them.
struct ProxyPlan {
  std::chrono::microseconds delay{0};
  std::optional<Cut> cut{};
  int cuts = 0;
  Traffic traffic{};
};

/// A client and its server, with the messages in transit between them.
class ProxyLink {
 public:
  ProxyLink(Socket client, Socket server)
      : client_(std::move(client)),
        server_(std::move(server)),
        there_(Direction::to_server),
        back_(Direction::to_client) {}

  /// True if both have closed their ends.
  [[nodiscard]] bool done() const { return client_.get() < 0 && server_.get() < 0; }

  /// Adds the events that this link waits for.
  void wait_for(std::vector<pollfd>& waiting, Clock::time_point& until) const {
    wait_for(there_, client_, server_, waiting, until);
    wait_for(back_, server_, client_, waiting, until);
  }

  /// Reads and sends what is possible now.
  void work(ProxyPlan& plan, std::mutex& mutex) {
    {
      const std::lock_guard lock(mutex);
      read(there_, client_, plan);
      read(back_, server_, plan);
    }
    send(there_, server_);
    send(back_, client_);
    // A cut takes effect when the messages that still arrive have been sent, and so does the end of either side.
    if (back_.ended && back_.queue.empty()) {
      client_.close();
      there_.ended = true;
    }
    if (there_.ended && there_.queue.empty() && !server_told_) {
      server_told_ = true;
      // What was sent must not be lost: the server reads to the end of the input and then closes the connection.
      ::shutdown(server_.get(), SHUT_WR);
    }
    if (server_gone_) { server_.close(); }
  }

 private:
  struct Piece {
    Clock::time_point due{};
    std::string bytes{};
  };

  /// One direction.
  struct Way {
    explicit Way(Direction where) : direction(where), frames(where) {}

    Direction direction;
    Frames frames;
    std::deque<Piece> queue{};
    std::size_t sent = 0;  // of the first piece
    bool ended = false;    // nothing that arrives from now on is passed on
  };

  static void wait_for(const Way& way, const Socket& from, const Socket& to, std::vector<pollfd>& waiting,
                       Clock::time_point& until) {
    if (from.get() >= 0 && !(way.ended && way.direction == Direction::to_server)) {
      waiting.push_back({.fd = from.get(), .events = POLLIN, .revents = 0});
    }
    if (way.queue.empty() || to.get() < 0) { return; }
    if (way.queue.front().due <= Clock::now()) {
      waiting.push_back({.fd = to.get(), .events = POLLOUT, .revents = 0});
    } else {
      until = std::min(until, way.queue.front().due);
    }
  }

  void read(Way& way, const Socket& from, ProxyPlan& plan) {
    std::array<char, 65536> buffer{};
    if (from.get() < 0 || (way.ended && way.direction == Direction::to_server)) { return; }
    const ssize_t size = ::recv(from.get(), buffer.data(), buffer.size(), 0);
    if (size < 0 && (errno == EAGAIN || errno == EINTR)) { return; }
    if (size <= 0) {
      way.ended = true;
      server_gone_ = server_gone_ || way.direction == Direction::to_client;
      return;
    }
    if (way.ended) { return; }  // after a cut: read and dropped, so that the server can finish
    way.frames.add(std::string_view(buffer.data(), static_cast<std::size_t>(size)));
    Piece piece{.due = Clock::now() + plan.delay};
    while (auto frame = way.frames.next()) {
      if (frame->type == 's') {  // this proxy supports no encryption
        back_.queue.push_back({.due = Clock::now(), .bytes = "N"});
        continue;
      }
      const bool cut = plan.cut && plan.cut->direction == way.direction && --plan.cut->messages_left == 0;
      if (!cut || plan.cut->arrival == Arrival::arrives) {
        counter_.count(*frame, way.direction, plan.traffic);
        piece.bytes += frame->bytes;
      }
      if (cut) {
        plan.cut.reset();
        ++plan.cuts;
        there_.ended = back_.ended = true;
        // From now on nothing arrives in the other direction.
        Way& other = way.direction == Direction::to_server ? back_ : there_;
        other.queue.clear();
        other.sent = 0;
        break;
      }
    }
    if (!piece.bytes.empty()) { way.queue.push_back(std::move(piece)); }
  }

  static void send(Way& way, Socket& to) {
    while (!way.queue.empty() && way.queue.front().due <= Clock::now()) {
      Piece& piece = way.queue.front();
      const ssize_t size =
          to.get() < 0 ? -1
                       : ::send(to.get(), piece.bytes.data() + way.sent, piece.bytes.size() - way.sent, MSG_NOSIGNAL);
      if (size < 0 && to.get() >= 0 && (errno == EAGAIN || errno == EINTR)) { return; }
      if (size < 0) {  // the other side has closed
        way.ended = true;
        way.queue.clear();
        way.sent = 0;
        return;
      }
      way.sent += static_cast<std::size_t>(size);
      if (way.sent < piece.bytes.size()) { continue; }
      way.queue.pop_front();
      way.sent = 0;
    }
  }

  Socket client_;
  Socket server_;
  Way there_;
  Way back_;
  bool server_told_ = false;  // that its input has ended
  bool server_gone_ = false;
  Traffic::Counter counter_{};
};

}  // namespace support
