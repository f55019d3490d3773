#pragma once

#include "comparison.hpp"
#include "corpus.hpp"
#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_window.hpp"
#include "text.hpp"

#include <cstddef>
#include <functional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace benchmarks {

inline constexpr int saved_sessions = 8;  // of each variant, saved to in turn
inline constexpr int deletions = 12;      // of each variant

inline void expect(std::size_t found, std::size_t expected) {
  if (found != expected) { throw std::runtime_error("messages are missing"); }
}

inline void expect_some(std::size_t found) {
  if (found == 0) { throw std::runtime_error("no message is found"); }
}

inline std::vector<heddle::Message> messages_of(const std::vector<std::string>& texts) {
  std::vector<heddle::Message> messages(texts.size());
  for (std::size_t index = 0; index < texts.size(); ++index) { messages[index].content = texts[index]; }
  return messages;
}

/// Heddle's side of each task, through a backend or a handle.
template <class Storage>
class Ours {
 public:
  Ours(std::string name, Storage& storage) : name_(std::move(name)), sessions_(storage.session_storage()) {}

  /// Refers to this object.
  [[nodiscard]] SessionWriter writer() {
    return {[this](const std::string& session) { sessions_.save_session(context_, {.id = session}); },
            [this](const std::string& session, const std::vector<std::string>& texts) {
              sessions_.save_messages(context_, session, messages_of(texts));
            }};
  }

  void prepare(Corpus& corpus) {
    for (int index = 0; index < saved_sessions; ++index) {
      sessions_.save_session(context_, {.id = numbered(name_ + "-saved-", index)});
    }
    corpus.add_sessions(name_ + "-deleted-", deletions, writer());
  }
  void save(int number, std::string text) {
    heddle::Message message;
    message.content = std::move(text);
    sessions_.save_message(context_, numbered(name_ + "-saved-", number % saved_sessions), message);
  }
  void load() { expect(sessions_.load_messages(context_, "long").items.size(), 1000); }
  void last() {
    expect(sessions_.load_messages(context_, "long", heddle::MessageWindow{.last = 50}).messages.size(), 50);
  }
  void search(const std::string& word) {
    expect_some(sessions_.search_messages(context_, {.query = word}, {.limit = 20}).items.size());
  }
  void remove(int number) { sessions_.delete_session(context_, numbered(name_ + "-deleted-", number)); }

 private:
  std::string name_;
  heddle::Context context_ = heddle::Context::for_user("user");
  decltype(std::declval<Storage&>().session_storage()) sessions_;
};

/// Compares searches for a common and for a rare word. `reference` gets a word and returns how many messages it finds,
/// 20 at most.
template <class Backend, class Handle>
void compare_searches(const Comparison& comparison, const std::function<std::size_t(const std::string&)>& reference,
                      Ours<Backend>& ours, Ours<Handle>& any) {
  const auto compare = [&](const std::string& task, const std::string& word) {
    comparison.run(task,
                   {{"reference", [&](int) { expect_some(reference(word)); }},
                    {"heddle", [&](int) { ours.search(word); }},
                    {"any", [&](int) { any.search(word); }}},
                   7, 3);
  };
  compare("search a common word", "refund");
  compare("search a rare word", "rarissime");
}

}  // namespace benchmarks
