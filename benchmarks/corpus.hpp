#pragma once

#include "../examples/transcripts/transcript.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace benchmarks {

/// Makes sessions and stores messages in a database.
struct SessionWriter {
  std::function<void(const std::string&)> create;                                    ///< gets the id of a session
  std::function<void(const std::string&, const std::vector<std::string>&)> store{};  ///< and its next texts
  std::function<void()> finish = {};  ///< does what is still owed for the messages
};

/// The texts of the transcripts, in their order, again and again; every ten-thousandth message has the word
/// `rarissime`.
class Corpus {
 public:
  Corpus() {
    for (const Transcript& transcript : read_transcripts(TRANSCRIPTS_FILE).transcripts) {
      for (const auto& turn : transcript.turns) {
        for (const auto& message : turn.messages) {
          if (!message.content.empty()) { texts_.push_back(message.content); }
        }
      }
    }
  }

  [[nodiscard]] std::string next() {
    const std::size_t number = next_++;
    return number % 10000 == 999 ? texts_[number % texts_.size()] + " rarissime" : texts_[number % texts_.size()];
  }

  /// Fills a database with so many messages in sessions of 100, `s0`, `s1` and so on, and with `long`, a session of
  /// 1,000, whose messages come between the others as those of a live session do.
  void fill(std::int64_t messages, const SessionWriter& writer) { fill_part(messages, writer, 0, 1); }

  /// Does one of so many parts of it, the parts in order.
  void fill_part(std::int64_t messages, const SessionWriter& writer, std::int64_t part, std::int64_t parts) {
    if (part == 0) { writer.create("long"); }
    const std::int64_t sessions = messages / 100;
    const std::int64_t first = sessions * part / parts;
    std::int64_t between = 1000 * first / sessions;
    next_ = static_cast<std::size_t>(100 * first + between);
    for (std::int64_t session = first; session < sessions * (part + 1) / parts; ++session) {
      const std::string id = numbered("s", session);
      writer.create(id);
      writer.store(id, take(100));
      const std::int64_t due = 1000 * (session + 1) / sessions;
      if (due > between) { writer.store("long", take(due - between)); }
      between = due;
    }
    if (writer.finish) { writer.finish(); }
  }

  /// Adds sessions of 100 whose ids are the prefix and a number.
  void add_sessions(const std::string& prefix, int count, const SessionWriter& writer) {
    for (int index = 0; index < count; ++index) {
      writer.create(numbered(prefix, index));
      writer.store(numbered(prefix, index), take(100));
    }
  }

  [[nodiscard]] std::vector<std::string> take(std::int64_t count) {
    std::vector<std::string> texts;
    for (std::int64_t index = 0; index < count; ++index) { texts.push_back(next()); }
    return texts;
  }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

}  // namespace benchmarks
