// The main features in one program: stores real transcripts of an agent, reads them back, searches and queries them.
//
//   transcripts [DATABASE [TRANSCRIPTS]]                          SQLite
//   transcripts --postgres DSN [--admin DSN] [TRANSCRIPTS]        PostgreSQL
//
// PostgreSQL needs the roles of migrations/postgres_roles.sql. DSN connects as the role of the server. The admin's DSN
// (or $LOOM_PG_ADMIN_DSN) is needed for the first run only, which creates the tables.
#include "arguments.hpp"
#include "check.hpp"
#include "import.hpp"
#include "tour.hpp"
#include "transcript.hpp"

#include <heddle/sqlite.hpp>
#if TRANSCRIPTS_WITH_POSTGRES
#include <heddle/config/environment.hpp>
#include <heddle/postgres.hpp>
#endif

#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

namespace {

template <class Action>
double milliseconds(Action&& action) {
  const auto start = std::chrono::steady_clock::now();
  action();
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
}

void run(heddle::StorageBackend auto& storage, const TranscriptFile& file) {
  storage.migrate();
  std::int64_t before = 0;
  for (int trial = 0; trial < 4; ++trial) {
    before +=
        storage.session_storage().statistics(heddle::Context::for_user("airline-" + std::to_string(trial))).messages;
  }
  std::printf("Storing %d conversations of four tenants\n", static_cast<int>(file.counts.conversations));
  const double stored_in = milliseconds([&] { store_all(storage, file.transcripts); });
  FileCounts found;
  const double checked_in = milliseconds([&] { found = check_all(storage, file); });

  const auto context = heddle::Context::for_user("airline-0");
  const std::string session_id = file.transcripts.front().session_id;
  const double toured_in = milliseconds([&] {
    list_and_replay(storage, context);
    fork_and_rewind(storage, context, session_id);
    search(storage, context);
    query_result(storage, context, file);
    store_file(storage, context, session_id);
    store_error(storage, context, file);
    ask_human(storage, context, session_id);
  });

  std::printf("\n%-34s %8d\n", "conversations", static_cast<int>(found.conversations));
  std::printf("%-34s %8d\n", "messages", static_cast<int>(found.messages));
  std::printf("%-34s %8d\n", "tool calls", static_cast<int>(found.tool_calls));
  std::printf("%-34s %8d\n", "tool executions", static_cast<int>(found.tool_results));
  std::printf("%-34s %8d\n", "messages added by this run", static_cast<int>(found.messages - before));
  std::printf("%-34s %8.0f ms\n", "storing, durably", stored_in);
  std::printf("%-34s %8.0f ms\n", "reading back and comparing all", checked_in);
  std::printf("%-34s %8.0f ms\n", "everything else", toured_in);
  std::printf("All counts and all messages are those of the file.\n");
}

void run_on_sqlite(const Arguments& arguments, const TranscriptFile& file) {
  std::printf("Database %s\n", arguments.database.c_str());
  heddle::Backend<heddle::Sqlite> storage({.path = arguments.database});
  run(storage, file);
}

void run_on_postgres([[maybe_unused]] const Arguments& arguments, [[maybe_unused]] const TranscriptFile& file) {
#if TRANSCRIPTS_WITH_POSTGRES
  heddle::postgres::Config config;
  config.dsn = arguments.postgres;
  config.admin_dsn =
      arguments.admin.empty() ? heddle::Environment{}.get("LOOM_PG_ADMIN_DSN").value_or("") : arguments.admin;
  config.artifact_directory = "transcripts-artifacts";
  std::printf("Database on PostgreSQL\n");
  heddle::Backend<heddle::Postgres> storage(config);
  run(storage, file);
#else
  throw std::runtime_error("this build has no PostgreSQL: build it with libpqxx installed");
#endif
}

}  // namespace

int main(int argc, char** argv) {
  const auto arguments = read_arguments(argc, argv);
  if (!arguments) {
    std::fputs(usage, stderr);
    return 2;
  }
  try {
    const TranscriptFile file = read_transcripts(arguments->transcripts);
    if (arguments->postgres.empty()) {
      run_on_sqlite(*arguments, file);
    } else {
      run_on_postgres(*arguments, file);
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "transcripts: %s\n", error.what());
    return 1;
  }
}
