#include "heddle/sqlite.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <SQLiteCpp/Exception.h>
#include <doctest/doctest.h>
#include <sqlite3.h>

#include <atomic>
#include <chrono>
#include <future>
#include <memory>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

// What the turns in the full-text index, which no call asks for, do beside another program that holds the lock of
// writers.

using namespace heddle;
using namespace std::chrono_literals;

namespace {

/// A database whose calls wait for that lock without end.
class Place {
 public:
  using Storage = Backend<Sqlite>;

  Place() {
    backend_->migrate();
    backend_->session_storage().save_session({}, {.id = "session"});
  }

  Storage& backend() { return *backend_; }
  [[nodiscard]] std::string path() const { return (folder_.path() / "heddle.db").string(); }
  void close() { backend_.reset(); }

 private:
  support::TemporaryFolder folder_;
  std::unique_ptr<Storage> backend_ = std::make_unique<Storage>(sqlite::Config{.path = path(), .busy_timeout = 1h});
};

}  // namespace

TEST_CASE("a backend closes while its full-text index waits for the lock of another program") {
  // The thread that fills the index rests for a moment behind a save, but can be first all the same.
  bool waits = false;
  for (int attempt = 0; !waits && attempt < 100; ++attempt) {
    Place place;
    support::RawDatabase holder(place.path());
    REQUIRE(holder.integer("SELECT count(*) FROM search_queue") == 0);
    place.backend().session_storage().save_message({}, "session", {.content = "one"});
    holder.execute("BEGIN IMMEDIATE");
    waits = holder.integer("SELECT count(*) FROM search_queue") == 1;
    std::this_thread::sleep_for(200ms);
    auto closing = std::async(std::launch::async, [&place] { place.close(); });
    CHECK(closing.wait_for(1min) == std::future_status::ready);
    holder.execute("ROLLBACK");
    closing.get();
  }
  CHECK(waits);
}

TEST_CASE("a call that helps to fill the full-text index waits for another program's lock until its deadline") {
  Place place;
  auto& store = place.backend().session_storage();
  // More messages wait than may: each save takes some.
  const std::vector<Message> many(10'000, Message{.content = "word"});
  for (int batch = 0; batch < 9; ++batch) { store.save_messages({}, "session", many); }

  std::atomic<int> calls{0};
  std::atomic<int> saves{0};
  const std::jthread saving([&](const std::stop_token& stop) {
    for (; !stop.stop_requested(); ++calls) {
      try {
        store.save_message(Context{}.with_timeout(50ms), "session", {.content = "one more"});
        ++saves;
      } catch (const Error& error) { CHECK(error.code() == ErrorCode::deadline_exceeded); }
    }
  });
  const auto grows = [](const std::atomic<int>& number) {
    const int before = number;
    const auto end = Context::Clock::now() + 1min;
    while (number == before && Context::Clock::now() < end) { std::this_thread::sleep_for(1ms); }
    return number != before;
  };
  support::RawDatabase holder(place.path());
  // It does not sleep, to be first between a commit and the turn behind it.
  holder.execute("PRAGMA busy_timeout = 0");
  const auto take_lock = [&holder] {
    for (const auto end = Context::Clock::now() + 1min; Context::Clock::now() < end;) {
      try {
        holder.execute("BEGIN IMMEDIATE");
        return true;
      } catch (const SQLite::Exception& error) { REQUIRE(error.getErrorCode() == SQLITE_BUSY); }
    }
    return false;
  };
  for (int round = 0; round < 40; ++round) {
    REQUIRE(grows(saves));
    REQUIRE(take_lock());
    const bool has_ended = grows(calls);
    holder.execute("ROLLBACK");
    REQUIRE(has_ended);
  }
}
