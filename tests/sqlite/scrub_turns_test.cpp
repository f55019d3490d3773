#include "heddle/sqlite.hpp"
#include "heddle/sqlite/scrubber.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

// How many turns in the full-text index a scrub takes, where others redact during each merge.

using namespace heddle;

namespace {

/// A writer whose turns do nothing but leave the states that the test says; see the migration `erasure`.
class States {
 public:
  States(sqlite::connection::Connection& connection, int first, std::vector<int> behind_turns)
      : connection_(connection), behind_turns_(std::move(behind_turns)) {
    set(first);
  }

  template <class Work>
  int write(const Call& /*call*/, Work& /*work*/) {
    return 0;
  }
  template <class Use>
  auto exclusively(const Call& /*call*/, Use&& use) {
    return use(connection_);
  }
  int take_turn(const Call& /*call*/) {
    REQUIRE(turns_ < behind_turns_.size());
    set(behind_turns_[turns_++]);
    return 0;
  }
  template <class Work>
  bool clean_log(const Call& /*call*/, Work /*work*/) {
    return true;
  }

 private:
  void set(int state) { connection_.execute("UPDATE search_state SET erasure = " + std::to_string(state)); }

  sqlite::connection::Connection& connection_;
  std::vector<int> behind_turns_;
  std::size_t turns_ = 0;
};

}  // namespace

TEST_CASE("a scrub ends with the first merge that begins behind it, though another one is owed then") {
  const support::TemporaryFolder folder;
  const sqlite::Config config{.path = (folder.path() / "heddle.db").string()};
  { Backend<Sqlite>(config).migrate(); }
  const sqlite::connection::FilePresence files;
  sqlite::connection::Connection connection(config, sqlite::connection::Access::read_write, files);
  const Context context;
  const Call call{context, {}, Operation::open};
  const auto steps = [&](int first, std::vector<int> behind_turns) {
    States states(connection, first, std::move(behind_turns));
    return sqlite::Scrubber<States>(states, call).scrub().steps;
  };
  CHECK(steps(0, {}) == 0);
  CHECK(steps(2, {1, 1, 0}) == 3);
  // During the merge more was redacted.
  CHECK(steps(2, {1, 3, 2, 1, 3, 2}) == 3);
  // The merge that is under way can have begun before texts were redacted that this scrub has to remove.
  CHECK(steps(1, {1, 0}) == 2);
  CHECK(steps(3, {3, 2, 1, 3, 2, 1}) == 5);
}
