#pragma once

#include "../examples/transcripts/transcript.hpp"

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

  /// Gives sessions of 100 messages to `store` until it has so many messages: their ids, and their texts.
  void fill(std::int64_t messages,
            const std::function<void(const std::string&, const std::vector<std::string>&)>& store) {
    next_ = 0;
    for (std::int64_t session = 0; session < messages / 100; ++session) {
      std::vector<std::string> texts;
      for (int index = 0; index < 100; ++index) { texts.push_back(next()); }
      store("s" + std::to_string(session), texts);
    }
  }

 private:
  std::vector<std::string> texts_;
  std::size_t next_ = 0;
};

}  // namespace benchmarks
