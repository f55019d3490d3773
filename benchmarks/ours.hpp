#pragma once

#include "comparison.hpp"
#include "corpus.hpp"
#include "heddle/context.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/message_window.hpp"
#include "heddle/model/search.hpp"
#include "text.hpp"

#include <cstddef>
#include <cstdint>
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
  Ours(std::string name, Storage& storage, const std::string& user = "user")
      : name_(std::move(name)), context_(heddle::Context::for_user(user)), sessions_(storage.session_storage()) {}

  /// Refers to the store.
  [[nodiscard]] SessionWriter writer() {
    return {
        [context = context_, &sessions = sessions_](const std::string& session) {
          sessions.save_session(context, {.id = session});
        },
        [context = context_, &sessions = sessions_](const std::string& session, const std::vector<std::string>& texts) {
          sessions.save_messages(context, session, messages_of(texts));
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
  void save_all(int number, const std::vector<heddle::Message>& messages) {
    sessions_.save_messages(context_, numbered(name_ + "-saved-", number % saved_sessions), messages);
  }
  void load() { expect(sessions_.load_messages(context_, "long").items.size(), 1000); }
  void load_100() { expect(sessions_.load_session(context_, "s0")->messages.items.size(), 100); }
  void last() {
    expect(sessions_.load_messages(context_, "long", heddle::MessageWindow{.last = 50}).messages.size(), 50);
  }
  [[nodiscard]] std::vector<heddle::FoundMessage> find(const heddle::MessageSearch& search) {
    auto found = sessions_.search_messages(context_, search, {.limit = 20}).items;
    expect_some(found.size());
    return found;
  }
  void search(const std::string& word) { static_cast<void>(find({.query = word})); }
  void search_in(const std::string& session, const std::string& word) {
    static_cast<void>(find({.query = word, .session_id = session}));
  }
  /// Returns a session of 100 in which a message has the word.
  [[nodiscard]] std::string session_with(const std::string& word) {
    for (int number = 0;; ++number) {
      const std::string id = numbered("s", number);
      if (!sessions_.search_messages(context_, {.query = word, .session_id = id}).items.empty()) { return id; }
      if (!sessions_.load_session(context_, id)) { throw std::runtime_error("no session has " + word); }
    }
  }
  void remove(int number) { sessions_.delete_session(context_, numbered(name_ + "-deleted-", number)); }

 private:
  std::string name_;
  heddle::Context context_;
  decltype(std::declval<Storage&>().session_storage()) sessions_;
};

inline constexpr const char* common_word = "refund";
inline constexpr const char* rare_word = "rarissime";

/// Fills the databases with the same messages in ten rotated parts, and prints how many messages each takes a second.
inline void fill_all(const Comparison& comparison, Corpus& corpus, std::int64_t messages,
                     const std::vector<std::pair<std::string, SessionWriter>>& writers) {
  constexpr std::int64_t parts = 10;
  std::vector<std::string> names;
  std::vector<Throughput> results(writers.size());
  for (const auto& each : writers) { names.push_back(each.first); }
  for (std::int64_t part = 0; part < parts; ++part) {
    for (std::size_t index = 0; index < writers.size(); ++index) {
      const std::size_t at = (index + static_cast<std::size_t>(part)) % writers.size();
      const double took = seconds([&] { corpus.fill_part(messages, writers[at].second, part, parts); });
      results[at].per_second.push_back(static_cast<double>(messages + 1000) / static_cast<double>(parts) / took);
    }
  }
  comparison.rates("save messages, 100 at a time", names, results);
}

/// How the reference searches; each returns how many messages it finds, 20 at most.
struct ReferenceSearches {
  std::function<std::size_t(const std::string& word)> all;
  std::function<std::size_t(const std::string& session, const std::string& word)> one_session;
};

/// Compares searches for a common and for a rare word, and for a common one in a session of 100. The reference makes
/// `slow` calls in a round; `small` is Heddle in a small database, or null.
template <class Backend, class Handle>
void compare_searches(const Comparison& comparison, const ReferenceSearches& reference, int slow, Ours<Backend>& ours,
                      Ours<Handle>& any, Ours<Backend>* small = nullptr) {
  const auto compare = [&](const std::string& task, const std::string& word) {
    comparison.run(task,
                   {{"reference", [&](int) { expect_some(reference.all(word)); }, slow},
                    {"heddle", [&](int) { ours.search(word); }},
                    {"any", [&](int) { any.search(word); }}},
                   7, 3);
  };
  compare("search a common word", common_word);
  compare("search a rare word", rare_word);
  const std::string session = ours.session_with(common_word);
  std::vector<Variant> variants{
      {"reference", [&](int) { expect_some(reference.one_session(session, common_word)); }, slow},
      {"heddle", [&](int) { ours.search_in(session, common_word); }},
      {"any", [&](int) { any.search_in(session, common_word); }}};
  if (small != nullptr) {
    variants.push_back({"small", [small, in_small = small->session_with(common_word)](int) {
                          small->search_in(in_small, common_word);
                        }});
  }
  comparison.run("search a common word in a session", variants, 7, 20);
}

}  // namespace benchmarks
