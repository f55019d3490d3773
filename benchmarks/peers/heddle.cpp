// Heddle beside its peers. Reads commands, one a line, and times each call by itself; README.md describes the commands
// and the replies.
#include "heddle/formats/openai_chat.hpp"
#include "heddle/sqlite.hpp"

#ifdef HEDDLE_MEASURE_POSTGRES
#include "../postgres_setup.hpp"
#endif

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <sqlite3.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

struct Conversation {
  std::string session;
  std::vector<heddle::Message> messages;
};

rapidjson::Document parse(const std::string& line) {
  rapidjson::Document document;
  document.Parse(line.c_str(), line.size());
  return document;
}

std::vector<Conversation> read_conversations(const std::string& path) {
  std::vector<Conversation> conversations;
  std::ifstream file(path);
  for (std::string line; std::getline(file, line);) {
    const rapidjson::Document document = parse(line);
    rapidjson::StringBuffer text;
    rapidjson::Writer<rapidjson::StringBuffer> writer(text);
    document["messages"].Accept(writer);
    conversations.push_back(
        {document["session"].GetString(), heddle::formats::openai_chat::read_messages(text.GetString())});
  }
  return conversations;
}

/// Times each call by itself.
class Timer {
 public:
  template <class Action>
  void call(Action&& action) {
    const auto start = std::chrono::steady_clock::now();
    action();
    ns_.push_back(
        std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - start).count());
  }
  /// Writes the reply: the times, and a count by this name.
  void reply(const char* name, std::size_t count) const {
    std::printf("@ {\"ns\": [");
    for (std::size_t index = 0; index < ns_.size(); ++index) {
      std::printf("%s%lld", index == 0 ? "" : ",", static_cast<long long>(ns_[index]));
    }
    std::printf("], \"%s\": %zu}\n", name, count);
    std::fflush(stdout);
  }

 private:
  std::vector<std::int64_t> ns_;
};

template <class Backend>
void serve(Backend& backend, const std::vector<Conversation>& conversations, const std::string& ready) {
  auto& sessions = backend.session_storage();
  const auto context = heddle::Context::for_user("user");
  std::vector<std::pair<const std::string*, const heddle::Message*>> places;
  for (const Conversation& each : conversations) {
    sessions.save_session(context, {.id = each.session});
    for (const heddle::Message& message : each.messages) { places.emplace_back(&each.session, &message); }
  }
  std::printf("@ %s\n", ready.c_str());
  std::fflush(stdout);
  for (std::string line; std::getline(std::cin, line);) {
    const rapidjson::Document command = parse(line);
    const std::string word = command[0].GetString();
    Timer timer;
    if (word == "save") {
      for (std::size_t index = command[1].GetUint(); index < command[2].GetUint(); ++index) {
        const auto& [session, message] = places[index];
        timer.call([&, id = session, one = message] { sessions.save_message(context, *id, *one); });
      }
      timer.reply("saved", places.size());
    } else if (word == "load") {
      std::size_t count = 0;
      for (std::size_t index = 0; index < command[1].GetUint(); ++index) {
        timer.call([&] { count += sessions.load_messages(context, conversations[index].session).items.size(); });
      }
      timer.reply("messages", count);
    } else if (word == "search") {
      std::size_t found = 0;
      timer.call([&] {
        found = sessions.search_messages(context, {.query = command[1].GetString()}, {.limit = 20}).items.size();
      });
      timer.reply("found", found);
    } else {
      std::printf("@ {}\n");
      return;
    }
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) { return 2; }
  const std::string kind = argv[1];
  const bool full = std::string(argv[2]) == "full";
  try {
    const std::vector<Conversation> conversations = read_conversations(argv[4]);
    if (kind == "sqlite") {
      heddle::Backend<heddle::Sqlite> backend(
          {.path = argv[3],
           .durability = full ? heddle::sqlite::Durability::full : heddle::sqlite::Durability::normal});
      backend.migrate();
      serve(backend, conversations,
            std::string(R"({"durability": "WAL, synchronous )") + (full ? "FULL" : "NORMAL") + R"(", "engine": ")" +
                sqlite3_libversion() + "\"}");
      return 0;
    }
#ifdef HEDDLE_MEASURE_POSTGRES
    benchmarks::PostgresSetup setup;
    heddle::Backend<heddle::Postgres> backend(benchmarks::PostgresSetup::config(setup.app_dsn()));
    const std::string name = support::RawPostgres(setup.superuser_dsn()).text("SELECT current_database()");
    serve(backend, conversations, R"({"database": ")" + name + "\"}");
    return 0;
#else
    std::fprintf(stderr, "this build has no PostgreSQL\n");
#endif
  } catch (const std::exception& failure) { std::fprintf(stderr, "%s\n", failure.what()); }
  return 1;
}
