#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace support {

/// The direction of a message.
enum class Direction { to_server, to_client };

/// One message of PostgreSQL's protocol, version 3.
struct Frame {
  /// A letter. For messages without one: '0' start-up, 'c' cancel request, 's' request for an encrypted connection.
  char type = 0;
  std::string bytes{};
};

/// Splits the bytes of one direction of one connection into messages.
class Frames {
 public:
  explicit Frames(Direction direction) : starting_(direction == Direction::to_server) {}

  void add(std::string_view bytes) { rest_ += bytes; }

  /// Returns the next complete message.
  std::optional<Frame> next() {
    // The length does not include the letter, which the first messages of a client do not have.
    const std::size_t letter = starting_ ? 0 : 1;
    if (rest_.size() - taken_ < letter + 4) { return tidy(); }
    const std::size_t length = letter + number_at(taken_ + letter);
    if (rest_.size() - taken_ < length) { return tidy(); }
    Frame frame{.type = rest_[taken_], .bytes = rest_.substr(taken_, length)};
    if (starting_) {
      const std::uint32_t code = length >= 8 ? number_at(taken_ + 4) : 0;
      frame.type = code == 80877102 ? 'c' : code == 80877103 || code == 80877104 ? 's' : '0';
      starting_ = frame.type == 's';
    }
    taken_ += length;
    return frame;
  }

 private:
  [[nodiscard]] std::uint32_t number_at(std::size_t position) const {
    std::uint32_t number = 0;
    for (std::size_t i = 0; i < 4; ++i) { number = number << 8U | static_cast<unsigned char>(rest_[position + i]); }
    return number;
  }

  std::optional<Frame> tidy() {
    rest_.erase(0, taken_);
    taken_ = 0;
    return std::nullopt;
  }

  bool starting_;
  std::string rest_{};
  std::size_t taken_ = 0;
};

/// SQL that a client sent to be parsed.
struct Parsed {
  std::string name{};  ///< of the prepared statement; empty for an unnamed one
  std::string text{};
};

/// What was sent on connections that were ready for use, and how often one side had to wait for the other.
struct Traffic {
  int connections = 0;  ///< that reached their first ReadyForQuery
  int cancels = 0;      ///< requests to cancel
  /// How often a client began to send after the server had sent. One operation in one flush counts once, however many
  /// messages it has.
  int turns = 0;
  int ready = 0;            ///< ReadyForQuery: one for each Sync or simple query
  std::string to_server{};  ///< the types of all messages, in their order
  std::string to_client{};
  std::vector<Parsed> parsed{};

  /// Counts the messages of a connection.
  class Counter {
   public:
    void count(const Frame& frame, Direction direction, Traffic& traffic) {
      if (frame.type == 'c') { ++traffic.cancels; }
      if (!in_use_) {
        in_use_ = direction == Direction::to_client && frame.type == 'Z';
        if (in_use_) { ++traffic.connections; }
        return;
      }
      if (direction == Direction::to_client) {
        traffic.to_client += frame.type;
        if (frame.type == 'Z') { ++traffic.ready; }
        server_spoke_ = true;
      } else if (frame.type != 'X') {  // Terminate expects no response
        traffic.to_server += frame.type;
        note_sql(frame, traffic);
        if (server_spoke_) { ++traffic.turns; }
        server_spoke_ = false;
      }
    }

   private:
    /// A Parse has two texts, each followed by a zero byte; a simple query has one.
    static void note_sql(const Frame& frame, Traffic& traffic) {
      if (frame.type != 'P' && frame.type != 'Q') { return; }
      const char* const first = frame.bytes.c_str() + 5;
      const std::string name = frame.type == 'P' ? first : "";
      traffic.parsed.push_back({name, frame.type == 'P' ? first + name.size() + 1 : first});
    }

    bool in_use_ = false;
    bool server_spoke_ = true;
  };
};

}  // namespace support
