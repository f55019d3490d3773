#include "heddle/postgres.hpp"
#include "support/document.hpp"
#include "support/expect_error.hpp"
#include "support/migrated_database.hpp"
#include "support/postgres_server.hpp"
#include "support/raw_postgres.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <string>
#include <thread>

using namespace heddle;
using support::code_of;
using support::RawPostgres;

namespace {

const Context ada = Context::for_user("ada");

/// Lets commands run the server's programs as the user whom the server has: it refuses to run as root.
const std::string as_server =
    "owner=$(stat -c %u \"$(dirname \"$HEDDLE_TEST_POSTGRES_PID\")\")\n"
    "run() { if [ $EUID = 0 ]; then setpriv --reuid $owner --regid $owner --clear-groups \"$@\"; else \"$@\"; fi; }\n"
    "if [ $EUID = 0 ]; then chown $owner .; fi\n";

/// A streaming replica of the tests' server, from now on; the destructor ends it.
class Replica {
 public:
  Replica() {
    REQUIRE(support::succeeds(
        as_server + "run pg_basebackup -d \"" + support::postgres_server() +
            "\" -D data -R -X stream -c fast\n"
            "run pg_ctl -s -w -D data -l log -o \"-c listen_addresses= -c max_connections=200 -k $PWD\" start",
        folder_.path()));
  }
  Replica(const Replica&) = delete;
  Replica& operator=(const Replica&) = delete;
  Replica(Replica&&) = delete;
  Replica& operator=(Replica&&) = delete;
  ~Replica() {
    static_cast<void>(support::succeeds(as_server + "run pg_ctl -s -D data -m immediate stop", folder_.path()));
  }

  [[nodiscard]] std::string host() const { return folder_.path().string(); }

  /// Waits until it shows what the primary has committed.
  void catch_up() {
    const std::string end = RawPostgres(support::postgres_server()).text("SELECT pg_current_wal_flush_lsn()");
    wait_for("SELECT pg_last_wal_replay_lsn() >= '" + end + "'");
  }
  /// Keeps it from showing anything new.
  void pause() {
    connection().execute("SELECT pg_wal_replay_pause()");
    wait_for("SELECT pg_get_wal_replay_pause_state() = 'paused'");
  }
  void resume() { connection().execute("SELECT pg_wal_replay_resume()"); }

 private:
  [[nodiscard]] RawPostgres connection() const {
    return RawPostgres(support::with_settings(support::postgres_server(), {{"host", host()}}));
  }
  void wait_for(const std::string& condition) {
    RawPostgres raw = connection();
    while (raw.text(condition) != "t") { std::this_thread::sleep_for(std::chrono::milliseconds(10)); }
  }

  support::TemporaryFolder folder_;
};

}  // namespace

TEST_CASE("replica: it serves reads, and what is written to a window that lags is refused") {
  support::MigratedDatabase database;
  Replica replica;
  auto config = database.config();
  config.admin_dsn.clear();
  Backend<Postgres> writer(config);
  const std::string::size_type host = config.dsn.find("host='") + 6;
  const std::string hosts = config.dsn.substr(host, config.dsn.find('\'', host) - host) + "," + replica.host();
  // The primary is named first.
  config.dsn = support::with_settings(config.dsn, {{"host", hosts}, {"target_session_attrs", "prefer-standby"}});
  writer.session_storage().ensure_session(ada, {.id = "s"});
  writer.session_storage().save_message(ada, "s", {.content = "gold"});
  replica.catch_up();

  Backend<Postgres> reader(config);
  auto& read = reader.session_storage();
  auto& write = writer.session_storage();
  CHECK(read.load_messages(ada, "s").items.size() == 1);
  CHECK(read.search_messages(ada, {.query = "gold"}).items.size() == 1);
  CHECK(read.load_messages(Context::for_user("bob"), "s").items.empty());
  CHECK(code_of([&] { read.save_message(ada, "s", {.content = "lost"}); }) == ErrorCode::unavailable);

  replica.pause();
  write.save_message(ada, "s", {.content = "between"});
  const LoadedWindow late = read.load_messages(ada, "s", {.last = 50});
  CHECK(late.messages.size() == 1);
  CHECK(code_of([&] { write.save_message(ada, "s", {.content = "answer"}, {.expected = late.end}); }) ==
        ErrorCode::conflict);

  replica.resume();
  replica.catch_up();
  const LoadedWindow present = read.load_messages(ada, "s", {.last = 50});
  CHECK(present.messages.size() == 2);
  write.save_message(ada, "s", {.content = "answer"}, {.expected = present.end});
  CHECK(write.load_messages(ada, "s").items.size() == 3);
}
