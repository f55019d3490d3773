// Searches for the best on SQLite read about as many rows as they rank, however many match.
#include "counts/cost.hpp"
#include "support/temporary_folder.hpp"

#include <heddle/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

namespace {

constexpr int sessions = 200;

/// A database whose index has all messages; `text` returns that of a session with a number.
class Indexed {
 public:
  Indexed(std::int64_t candidates, const std::vector<int>& sizes, const std::function<std::string(int, int)>& text)
      : backend_({.path = (folder_.path() / "x.db").string(),
                  .durability = heddle::sqlite::Durability::normal,
                  .indexing = heddle::sqlite::Indexing::immediate,
                  .search_candidates = candidates}) {
    backend_.migrate();
    auto& store = backend_.session_storage();
    for (int session = 0; session < sessions; ++session) {
      store.save_session(context_, {.id = "s" + std::to_string(session)});
      std::vector<heddle::Message> messages(static_cast<std::size_t>(sizes.at(static_cast<std::size_t>(session))));
      for (std::size_t number = 0; number < messages.size(); ++number) {
        messages[number].content = text(session, static_cast<int>(number));
      }
      store.save_messages(context_, "s" + std::to_string(session), messages);
    }
  }

  void update(int session) {
    backend_.session_storage().save_message(context_, "s" + std::to_string(session), {.content = "some all"});
  }

  /// Returns how many steps of SQLite's virtual machine a search for a word takes.
  std::int64_t steps(const std::string& word) {
    const heddle::MessageSearch search{.query = word};
    const auto run = [&] {
      const auto before = counts::spent();
      const auto found = backend_.session_storage().search_messages(context_, search, {.limit = 5});
      CHECK(found.items.size() == 5);
      CHECK_FALSE(found.considered_all);
      return (counts::spent() - before).vm_steps;
    };
    run();  // prepares the statements
    return run();
  }

 private:
  support::TemporaryFolder folder_;
  heddle::Backend<heddle::Sqlite> backend_;
  heddle::Context context_ = heddle::Context::for_user("user");
};

}  // namespace

TEST_CASE("a search for the best takes no more steps when ten times as many messages match") {
  counts::count_sqlite();
  // Few enough for one scan of the index, if there were no first try.
  Indexed indexed(100, std::vector<int>(sessions, 10),
                  [](int session, int) { return std::string(session < sessions * 9 / 10 ? "all" : "some all"); });
  const std::int64_t some = indexed.steps("some");
  const std::int64_t all = indexed.steps("all");
  CAPTURE(some);
  CHECK(all <= some + some / 10);
}

TEST_CASE("a search for the best reads little of what lies between sessions that were updated again") {
  counts::count_sqlite();
  std::vector<int> sizes(sessions, 10);
  std::fill(sizes.begin() + 131, sizes.begin() + 190, 100);
  Indexed indexed(10, sizes, [](int session, int number) {
    return std::string(session > 130 && session < 190 && number % 10 != 0 ? "all" : "some all");
  });
  // Their numbers are so near that one scan reads both.
  indexed.update(130);
  indexed.update(190);
  const std::int64_t some = indexed.steps("some");
  const std::int64_t all = indexed.steps("all");
  CAPTURE(some);
  CHECK(all <= 2 * some);
}
