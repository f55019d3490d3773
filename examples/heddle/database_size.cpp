#include "database_size.hpp"

#include <filesystem>
#include <system_error>

#if HEDDLE_COMMAND_WITH_POSTGRES
#include <exception>

#include <pqxx/pqxx>
#endif

namespace command {
namespace {

std::optional<std::int64_t> size_of_file(const std::filesystem::path& path) {
  std::error_code unknown;
  const auto size = std::filesystem::file_size(path, unknown);
  return unknown ? std::nullopt : std::optional(static_cast<std::int64_t>(size));
}

}  // namespace

DatabaseSize size_of(const Database& database) {
  if (database.file) {
    return {.database = size_of_file(*database.file), .log = size_of_file(database.file->string() + "-wal")};
  }
#if HEDDLE_COMMAND_WITH_POSTGRES
  try {
    // A connection of its own: backends run no SQL but their own.
    pqxx::connection connection(database.dsn);
    pqxx::nontransaction work(connection);
    const pqxx::row row = work.exec(
        "SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_stat_activity WHERE datname = "
        "current_database()), current_setting('max_connections')::bigint")[0];
    return {.database = row[0].as<std::int64_t>(),
            .connections = Connections{row[1].as<std::int64_t>(), row[2].as<std::int64_t>()}};
  } catch (const std::exception& unknown) { static_cast<void>(unknown); }
#endif
  return {};
}

}  // namespace command
