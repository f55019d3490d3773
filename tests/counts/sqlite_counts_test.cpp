// What the main operations cost on SQLite. A cost that grows by more than 3% fails; it is then accepted on purpose, by
// running this with HEDDLE_RENEW_COUNTS=1, or mended.
#include "counts/cost.hpp"
#include "support/temporary_folder.hpp"

#include <heddle/sqlite.hpp>

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <sqlite3.h>

namespace {

using counts::Cost;

/// The median of each cost.
Cost median(std::vector<Cost> costs) {
  Cost result;
  for (auto member : {&Cost::vm_steps, &Cost::allocations, &Cost::sqlite_allocations}) {
    std::sort(costs.begin(), costs.end(), [member](const Cost& a, const Cost& b) { return a.*member < b.*member; });
    result.*member = costs[costs.size() / 2].*member;
  }
  return result;
}

/// Costs by operation, in the text of the file: a line for each, the name last.
struct Table {
  std::string version{};  ///< of SQLite, whose programs for its virtual machine differ between versions
  std::map<std::string, Cost> costs{};
};

Table read_table(const char* path) {
  std::ifstream file(path);
  Table table;
  std::string line;
  std::getline(file, line);
  table.version = line.substr(line.rfind(' ') + 1);
  std::getline(file, line);  // the heading
  Cost cost;
  while (file >> cost.vm_steps >> cost.allocations >> cost.sqlite_allocations && std::getline(file >> std::ws, line)) {
    table.costs[line] = cost;
  }
  return table;
}

void write_table(const char* path, const Table& table) {
  std::ofstream file(path);
  file << "SQLite " << table.version << "\nvm_steps allocations sqlite_allocations operation\n";
  for (const auto& [name, cost] : table.costs) {
    file << cost.vm_steps << ' ' << cost.allocations << ' ' << cost.sqlite_allocations << ' ' << name << '\n';
  }
}

/// A hundred words, no two of them equal, so that none depends on how SQLite sorts.
std::string hundred_words(int seed) {
  std::string text;
  for (int index = 0; index < 100; ++index) { text += "word" + std::to_string(index * 7 + seed % 13) + ' '; }
  return text;
}

}  // namespace

TEST_CASE("the main operations on SQLite cost no more than before") {
  counts::count_sqlite();
  const support::TemporaryFolder folder;
  heddle::Backend<heddle::Sqlite> backend(
      {.path = (folder.path() / "x.db").string(), .durability = heddle::sqlite::Durability::normal});
  backend.migrate();
  auto& sessions = backend.session_storage();
  const auto context = heddle::Context::for_user("user");

  int number = 0;
  const auto message = [&number] { return heddle::Message{.content = hundred_words(++number)}; };
  const auto fill = [&](const std::string& id, int count) {
    sessions.save_session(context, {.id = id, .agent_id = "agent"});
    for (int index = 0; index < count; ++index) { sessions.save_message(context, id, message()); }
  };
  fill("short", 100);
  fill("long", 2000);

  Table measured{.version = sqlite3_libversion()};
  constexpr int runs = 41;
  const auto measure = [&](const std::string& name, const std::function<void(int)>& operation) {
    std::vector<Cost> costs;
    for (int run = 0; run < runs; ++run) {
      const Cost before = counts::spent();
      operation(run);
      costs.push_back(counts::spent() - before);
    }
    measured.costs[name] = median(costs);
  };

  // What the operations store stays out of the cost: it is made before.
  std::vector<heddle::Message> prepared;
  for (int run = 0; run < runs; ++run) { prepared.push_back(message()); }
  const auto at = [](int run) { return static_cast<std::size_t>(run); };
  measure("save_message, 100 words", [&](int run) { sessions.save_message(context, "short", prepared[at(run)]); });
  measure("save_message, 100 words, with a key", [&](int run) {
    sessions.save_message(context, "short", prepared[at(run)], {.idempotency_key = "key" + std::to_string(run)});
  });
  const std::vector<heddle::Message> hundred(100, message());
  measure("save_messages, 100 of 100 words", [&](int) { sessions.save_messages(context, "short", hundred); });
  measure("save_session", [&](int run) { sessions.save_session(context, {.id = "s" + std::to_string(run)}); });
  measure("load_session, first page", [&](int) { static_cast<void>(sessions.load_session(context, "long")); });
  measure("load_messages, last 50 of 2,000",
          [&](int) { static_cast<void>(sessions.load_messages(context, "long", heddle::MessageWindow{.last = 50})); });
  measure("load_messages, last 2,000 tokens", [&](int) {
    static_cast<void>(sessions.load_messages(context, "long", heddle::MessageWindow{.last = 50, .tokens = 2000}));
  });
  measure("fork_session, 2,000 messages",
          [&](int run) { sessions.fork_session(context, "long", 2000, {.id = "fork" + std::to_string(run)}); });
  measure("find_sessions, first page", [&](int) { static_cast<void>(sessions.find_sessions(context, {})); });
  measure("save_message after a rewind", [&](int run) {
    sessions.rewind_session(context, "short", 90);
    sessions.save_message(context, "short", prepared[at(run)]);
  });
  measure("delete_session of a fork", [&](int run) { sessions.delete_session(context, "fork" + std::to_string(run)); });

  // Otherwise a search costs what the index lacks at the moment.
  heddle::Backend<heddle::Sqlite> indexed({.path = (folder.path() / "indexed.db").string(),
                                           .durability = heddle::sqlite::Durability::normal,
                                           .indexing = heddle::sqlite::Indexing::immediate});
  indexed.migrate();
  indexed.session_storage().save_session(context, {.id = "short"});
  for (int index = 0; index < 100; ++index) { indexed.session_storage().save_message(context, "short", message()); }
  measure("save_message, 100 words, indexed at once",
          [&](int run) { indexed.session_storage().save_message(context, "short", prepared[at(run)]); });
  measure("search_messages in a session", [&](int) {
    static_cast<void>(
        indexed.session_storage().search_messages(context, {.query = "word77", .session_id = "short"}, {}));
  });

  const char* const path = HEDDLE_TEST_COUNTS;
  if (std::getenv("HEDDLE_RENEW_COUNTS") != nullptr) { write_table(path, measured); }
  const Table expected = read_table(path);
  if (expected.version != measured.version) {
    MESSAGE("not compared: the counts are those of SQLite " << expected.version);
    return;
  }
  for (const auto& each : measured.costs) {
    INFO(each.first << ": HEDDLE_RENEW_COUNTS=1 accepts the new costs");
    REQUIRE(expected.costs.contains(each.first));
    const Cost& before = expected.costs.at(each.first);
    const Cost& cost = each.second;
    const auto limit = [](std::int64_t count) { return count + count * 3 / 100; };
    CHECK(cost.vm_steps <= limit(before.vm_steps));
    CHECK(cost.allocations <= limit(before.allocations));
    CHECK(cost.sqlite_allocations <= limit(before.sqlite_allocations));
  }
}
