#pragma once

#include <libpq-fe.h>

#include <cstdint>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

namespace support {

/// An error of the server, or a failed connection (without an SQLSTATE).
struct PostgresFailure : std::runtime_error {
  PostgresFailure(const std::string& text, std::string state) : std::runtime_error(text), sqlstate(std::move(state)) {}
  std::string sqlstate;
};

/// One connection without the library: to see the real contents of a database, and how the server responds to raw SQL.
class RawPostgres {
 public:
  explicit RawPostgres(const std::string& dsn) : connection_(::PQconnectdb(dsn.c_str()), &::PQfinish) {
    if (::PQstatus(handle()) != CONNECTION_OK) { throw PostgresFailure(::PQerrorMessage(handle()), {}); }
    ::PQsetNoticeProcessor(
        handle(), [](void*, const char*) {}, nullptr);
  }

  /// Runs statements, separated by semicolons, in one transaction; returns how many rows the last one changed.
  std::int64_t execute(const std::string& sql) {
    const Result result = ask(sql);
    const std::string count = ::PQcmdTuples(result.get());
    return count.empty() ? 0 : std::stoll(count);
  }

  /// Returns the first column of the first row; empty if there is no row or it is NULL.
  [[nodiscard]] std::string text(const std::string& sql) {
    const Result result = ask(sql);
    return ::PQntuples(result.get()) == 0 ? std::string() : ::PQgetvalue(result.get(), 0, 0);
  }
  [[nodiscard]] std::int64_t integer(const std::string& sql) { return std::stoll(text(sql)); }

  /// Returns the first column of all rows.
  [[nodiscard]] std::vector<std::string> texts(const std::string& sql) {
    const Result result = ask(sql);
    std::vector<std::string> all;
    for (int row = 0; row < ::PQntuples(result.get()); ++row) { all.emplace_back(::PQgetvalue(result.get(), row, 0)); }
    return all;
  }

  /// Returns the SQLSTATE of the statement's failure; empty if it does not fail.
  [[nodiscard]] std::string failure_of(const std::string& sql) {
    try {
      ask(sql);
      return {};
    } catch (const PostgresFailure& failure) { return failure.sqlstate; }
  }

  [[nodiscard]] PGconn* handle() const noexcept { return connection_.get(); }

 private:
  using Result = std::unique_ptr<PGresult, decltype(&::PQclear)>;

  Result ask(const std::string& sql) {
    Result result(::PQexec(handle(), sql.c_str()), &::PQclear);
    const ExecStatusType status = ::PQresultStatus(result.get());
    if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK && status != PGRES_EMPTY_QUERY) {
      const char* const state = ::PQresultErrorField(result.get(), PG_DIAG_SQLSTATE);
      throw PostgresFailure(::PQerrorMessage(handle()), state == nullptr ? "" : state);
    }
    return result;
  }

  std::unique_ptr<PGconn, decltype(&::PQfinish)> connection_;
};

}  // namespace support
