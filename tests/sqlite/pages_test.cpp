// The memory that SQLite uses for a page.
#include "heddle/model/artifact.hpp"
#include "heddle/sqlite.hpp"

#include <doctest/doctest.h>
#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <string>

using namespace heddle;

namespace {

constexpr std::size_t mebibyte = std::size_t{1} << 20U;

/// Calls `load`, which returns a page, and checks that SQLite had little in memory at a time beyond what it had before.
template <class Load>
void check_memory(Load load) {
  const std::int64_t before = sqlite3_memory_used();
  sqlite3_memory_highwater(1);
  const auto page = load();
  CHECK(page.items.size() == 2);
  CHECK_FALSE(page.next.empty());
  CHECK(sqlite3_memory_highwater(0) - before < static_cast<std::int64_t>(8 * mebibyte));
}

}  // namespace

TEST_CASE("SQLite does not keep the texts of a whole list in memory for a page that ends early") {
  Backend<Sqlite> backend({.path = ":memory:", .page_bytes = 2 * mebibyte});
  backend.migrate();
  auto& store = backend.session_storage();
  store.save_session({}, {.id = "s", .agent_id = "agent"});
  const std::string blank(mebibyte, '.');
  for (int index = 0; index < 20; ++index) {
    store.save_message({}, "s", {.content = "word " + blank});
    Artifact artifact{.name = "a" + std::to_string(index), .purpose = "word " + blank};
    backend.artifact_store().index({}, artifact);
  }
  check_memory([&] { return store.load_messages({}, "s"); });
  check_memory([&] { return store.load_agent_messages({}, "agent"); });
  check_memory([&] { return store.search_messages({}, {.query = "word"}); });
  check_memory([&] { return store.search_messages({}, {.query = "word", .session_id = "s"}); });
  check_memory([&] { return backend.artifact_store().list({}, {}); });
  check_memory([&] { return backend.artifact_store().search({}, {.query = "word"}); });
}
