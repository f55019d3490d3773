#include "heddle/postgres.hpp"
#include "support/migrated_database.hpp"
#include "support/protocol_proxy.hpp"
#include "support/raw_postgres.hpp"
#include "support/sanitizers.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <fstream>
#include <string>
#include <vector>

#include <malloc.h>
#include <sys/resource.h>
#include <unistd.h>

// Pages whose statements would return more than a program can have in memory.

using namespace heddle;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

const Context alice = Context::for_user("alice");

/// Limits the memory of the process to what it has now and so many bytes. No limit under a sanitizer. New threads share
/// the heap from now on: for one of its own, each would reserve 64 MiB of addresses, which count.
class MemoryLimit {
 public:
  explicit MemoryLimit(std::size_t bytes) {
    std::size_t pages = 0;
    std::ifstream("/proc/self/statm") >> pages;
    getrlimit(RLIMIT_AS, &before_);
    rlimit limit = before_;
    if (support::keeps_freed_memory) { return; }
    REQUIRE(mallopt(M_ARENA_MAX, 1) == 1);
    limit.rlim_cur = pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) + bytes;
    REQUIRE(setrlimit(RLIMIT_AS, &limit) == 0);
  }
  MemoryLimit(const MemoryLimit&) = delete;
  MemoryLimit& operator=(const MemoryLimit&) = delete;
  MemoryLimit(MemoryLimit&&) = delete;
  MemoryLimit& operator=(MemoryLimit&&) = delete;
  ~MemoryLimit() { setrlimit(RLIMIT_AS, &before_); }

 private:
  rlimit before_{};
};

/// Returns the configuration of a server on which pages have so many bytes, with one connection.
heddle::postgres::Config with_page_bytes(const support::MigratedDatabase& database, std::size_t page_bytes) {
  auto config = database.config();
  config.page_bytes = static_cast<std::int64_t>(page_bytes);
  config.pool.max_connections = 1;
  return config;
}

/// Adds messages to a session with one message: each is its number, so often. Heddle would split them into words.
void repeat_message(support::MigratedDatabase& database, int last, int times) {
  support::RawPostgres(database.database().superuser_dsn())
      .execute("INSERT INTO messages SELECT user_id, branch_number, number, role, repeat(number || ' ', " +
               std::to_string(times) +
               "), content_blocks, tool_calls, tool_use_id, tool_result, session_context, agent_id, timestamp, "
               "token_count, cost_usd, search, words FROM messages, generate_series(2, " +
               std::to_string(last) + ") number; UPDATE sessions SET last_sequence = " + std::to_string(last));
}

}  // namespace

TEST_CASE("fault 29: postgres pages: a session that is larger than the memory of the process is read in pages") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(with_page_bytes(database, 8 * mebibyte));
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "1 "});
  // Nearly 4 MiB each.
  repeat_message(database, 129, 1'000'000);

  const MemoryLimit limit(160 * mebibyte);
  std::int64_t last = 0;
  const auto check_page = [&](const Page<Message>& page) {
    std::size_t bytes = 0;
    for (const Message& message : page.items) {
      CHECK(message.sequence == ++last);
      CHECK(message.content.starts_with(std::to_string(last) + " "));
      bytes += message.content.size();
    }
    CHECK(bytes <= 12 * mebibyte);
    if (!page.next.empty()) { CHECK(bytes >= 8 * mebibyte); }
    return page.next;
  };
  std::string next = check_page(store.load_session(alice, "s")->messages);
  while (!next.empty()) { next = check_page(store.load_messages(alice, "s", {.cursor = next})); }
  CHECK(last == 129);
}

TEST_CASE("postgres pages: the server is asked to stop behind the page, and the connection stays in use") {
  support::MigratedDatabase database;
  support::ProtocolProxy proxy{support::postgres_server()};
  auto config = with_page_bytes(database, mebibyte);
  config.dsn = proxy.dsn(database.database().app_dsn());
  Backend<Postgres> backend(config);
  auto& store = backend.session_storage();
  store.save_session(alice, {.id = "s"});
  store.save_message(alice, "s", {.content = "1 "});
  repeat_message(database, 100, 400'000);

  proxy.forget_traffic();
  const auto page = store.load_messages(alice, "s");
  CHECK(page.items.size() == 3);
  CHECK_FALSE(page.next.empty());
  CHECK(store.load_messages(alice, "s", {.limit = 1}).items.size() == 1);
  const support::Traffic traffic = proxy.traffic();
  CHECK(traffic.cancels >= 1);
  CHECK(traffic.connections == 0);
}

TEST_CASE("postgres pages: an administrator's list of large sessions ends early") {
  support::MigratedDatabase database;
  Backend<Postgres> backend(with_page_bytes(database, mebibyte));
  const JsonObject context{R"({"notes": ")" + std::string(mebibyte / 2, 'x') + "\"}"};
  for (int index = 0; index < 30; ++index) {
    backend.session_storage().save_session(alice, {.id = std::to_string(index), .context = context});
  }
  std::size_t seen = 0;
  PageRequest request;
  do {
    const SessionOverview overview = backend.admin_storage().list_sessions({}, request);
    CHECK(overview.total == 30);
    CHECK(overview.sessions.items.size() == 2);
    seen += overview.sessions.items.size();
    request.cursor = overview.sessions.next;
  } while (!request.cursor.empty());
  CHECK(seen == 30);
}
