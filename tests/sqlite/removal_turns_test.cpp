#include "heddle/sqlite.hpp"
#include "heddle/sqlite/indexing/indexer.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <stop_token>
#include <string>

// Which removed messages a turn takes out of the full-text index, where one tenant removes some during each turn.

using namespace heddle;
using Connection = sqlite::connection::Connection;

namespace {

/// Has messages of a tenant, with the keys from one to another, wait to leave the index.
void remove(Connection& connection, const std::string& user, std::int64_t first, std::int64_t last) {
  connection.execute("WITH RECURSIVE k (key) AS (SELECT " + std::to_string(first) +
                     " UNION ALL SELECT key + 1 FROM k WHERE key < " + std::to_string(last) +
                     ") INSERT INTO search_removals (key, user_id, content) SELECT key, '" + user + "', 'x' FROM k");
}

std::int64_t waiting(Connection& connection, const std::string& user) {
  return connection.read_integer("SELECT count(*) FROM search_removals WHERE user_id = '" + user + "'");
}

}  // namespace

TEST_CASE(
    "messages of a tenant leave the index though another one removes a turn's messages with lower keys each time") {
  const support::TemporaryFolder folder;
  const sqlite::Config config{.path = (folder.path() / "heddle.db").string()};
  { Backend<Sqlite>(config).migrate(); }
  const sqlite::connection::FilePresence files;
  Connection connection(config, sqlite::connection::Access::read_write, files);
  connection.execute("INSERT INTO tenants (user_id) VALUES ('alice'), ('bob')");
  sqlite::indexing::Indexer<Connection> indexer(nullptr, [](void*, const std::stop_token&) noexcept { return false; });
  const auto take_turn = [&] {
    connection.execute("BEGIN IMMEDIATE");
    const auto turn = indexer.take_turn(connection, {});
    connection.execute("COMMIT");
    return turn;
  };

  constexpr std::int64_t size = sqlite::indexing::Filler::turn_size;
  remove(connection, "alice", 1, 300);
  remove(connection, "bob", 301, 301);
  // A turn takes one at least; new branches have lower numbers than all others.
  std::int64_t lowest = 1;
  for (int turns = 0; waiting(connection, "bob") != 0; ++turns) {
    REQUIRE(turns <= 301 + size);
    remove(connection, "alice", lowest - size, lowest - 1);
    lowest -= size;
    CHECK_FALSE(take_turn().is_last);
  }
  // The last turn has seen that nothing is left anywhere.
  while (!take_turn().is_last) {}
  CHECK(waiting(connection, "alice") == 0);
}
