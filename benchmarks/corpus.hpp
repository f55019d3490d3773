#pragma once

#include "../examples/transcripts/transcript.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace benchmarks {

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
    return number % 10000 == 9999 ? texts_[number % texts_.size()] + " rarissime" : texts_[number % texts_.size()];
  }

  using Store = std::function<void(const std::string&, const std::vector<std::string>&)>;

  /// Fills a database with so many messages in sessions of 100, `s0`, `s1` and so on, and with `long`, a session of
  /// 1,000, whose messages come between the others as those of a live session do. `create` gets the id of a session,
  /// `store` a session and its next texts.
  void fill(std::int64_t messages, const std::function<void(const std::string&)>& create, const Store& store) {
    next_ = 0;
    create("long");
    const std::int64_t sessions = messages / 100;
    std::int64_t between = 0;
    for (std::int64_t session = 0; session < sessions; ++session) {
      const std::string id = numbered("s", session);
      create(id);
      store(id, take(100));
      const std::int64_t due = 1000 * (session + 1) / sessions;
      if (due > between) { store("long", take(due - between)); }
      between = due;
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
