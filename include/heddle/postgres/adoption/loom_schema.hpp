// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/source_table.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/table.hpp"
#include "heddle/postgres/libpq/connect.hpp"
#include "heddle/postgres/libpq/dsn_fault.hpp"
#include "heddle/postgres/libpq/error_mapping.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/wait.hpp"
#include "heddle/sql/quote_identifier.hpp"

#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::postgres::adoption {

using heddle::adoption::Form;
using heddle::adoption::SourceTable;
using heddle::adoption::Wish;

/// One row of a result of libpq, in text form.
class ServerRow {
 public:
  explicit ServerRow(const PGresult* result) noexcept : result_(result) {}

  [[nodiscard]] bool is_null(int column) const noexcept { return PQgetisnull(result_, 0, column) != 0; }
  [[nodiscard]] std::string text(int column) const { return std::string(view(column)); }
  [[nodiscard]] std::int64_t integer(int column) const { return number<std::int64_t>(column); }
  [[nodiscard]] double real(int column) const { return number<double>(column); }
  [[nodiscard]] Cell cell(int column) const {
    if (is_null(column)) { return std::monostate{}; }
    return text(column);
  }

 private:
  [[nodiscard]] std::string_view view(int column) const noexcept {
    return {PQgetvalue(result_, 0, column), static_cast<std::size_t>(PQgetlength(result_, 0, column))};
  }
  template <class Number>
  [[nodiscard]] Number number(int column) const noexcept {
    Number value{};
    const std::string_view digits = view(column);
    std::from_chars(digits.data(), digits.data() + digits.size(), value);
    return value;
  }

  const PGresult* result_;
};

/// The schema of a Go server on PostgreSQL, read in one read-only transaction with one snapshot. Row by row: no result
/// is held as a whole. One thread at a time; after an exception it is of no use.
class LoomSchema {
 public:
  using Row = ServerRow;
  static constexpr bool has_tenants = true;
  static constexpr std::int64_t first_schema = heddle::adoption::first_server_schema;
  static constexpr std::int64_t last_schema = heddle::adoption::last_server_schema;
  static constexpr std::size_t longest_name = 63;  ///< of a table, unless the server was built with another limit

  LoomSchema(const std::string& dsn, std::string schema, const Context& context)
      : schema_(std::move(schema)),
        context_(context),
        connection_((libpq::check_dsn("dsn", dsn), libpq::connect(dsn, context))) {
    command("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
    // Then a query that row security would filter fails: no tenant is left out in silence.
    command("SET LOCAL row_security = off");
    command("SET LOCAL idle_in_transaction_session_timeout = 0");
    command("SET LOCAL statement_timeout = 0");
    command("SET LOCAL search_path = pg_catalog");
  }

  void check_unchanged() const noexcept {}

  [[nodiscard]] std::vector<SourceTable> tables() {
    std::vector<SourceTable> found;
    each(
        "SELECT c.relname, a.attname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
        "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped "
        "WHERE n.nspname = ?1 AND c.relkind IN ('r', 'p') AND NOT c.relispartition ORDER BY 1, a.attnum",
        {schema_}, [&](const ServerRow& row) {
          if (found.empty() || found.back().name != row.text(0)) { found.push_back({row.text(0)}); }
          found.back().columns.push_back(row.text(1));
        });
    return found;
  }

  /// Parameters are written `?1`, as in the other statements. Without arguments a `?1` is a part of a name.
  template <class Visit>
  void each(std::string text, const std::vector<std::string>& arguments, Visit&& visit) {
    std::size_t used = 0;
    for (std::size_t at = 0; !arguments.empty() && at + 1 < text.size(); ++at) {
      if (text[at] != '?' || text[at + 1] < '1' || text[at + 1] > '9') { continue; }
      text[at] = '$';
      used = std::max(used, static_cast<std::size_t>(text[at + 1] - '0'));
    }
    std::vector<const char*> values;
    for (const std::string& argument : arguments) {
      if (values.size() < used) { values.push_back(argument.c_str()); }
    }
    const int sent = PQsendQueryParams(connection_.get(), text.c_str(), static_cast<int>(values.size()), nullptr,
                                       values.data(), nullptr, nullptr, 0);
    if (sent != 1 || PQsetSingleRowMode(connection_.get()) != 1) { refuse_lost(); }
    bool answered = false;
    while (const libpq::Result result = next_result()) {
      answered = true;
      const ExecStatusType status = PQresultStatus(result.get());
      if (status == PGRES_SINGLE_TUPLE) {
        visit(ServerRow(result.get()));
      } else if (status != PGRES_TUPLES_OK && status != PGRES_COMMAND_OK) {
        refuse(result.get());
      }
    }
    if (!answered) { refuse_lost(); }
  }

  [[nodiscard]] static std::string expression(const Wish& wish) {
    const std::string column = sql::quote_identifier(wish.name);
    switch (wish.form) {
      case Form::text: return column + "::text";
      case Form::integer: return column + "::bigint";
      case Form::real: return column + "::double precision";
      case Form::flag: return column + "::int";
      default:
        // Also for `infinity`, which then is a time that is out of range. Both functions ignore nulls.
        return "CASE WHEN " + column + " IS NOT NULL THEN greatest(least(extract(epoch FROM " + column +
               ") * 1000000, 9000000000000000000), -9000000000000000000)::bigint END";
    }
  }
  [[nodiscard]] std::string name_of(std::string_view table) const {
    return sql::quote_identifier(schema_) + "." + sql::quote_identifier(table);
  }
  [[nodiscard]] std::string all_of(std::string_view table) const { return name_of(table); }
  [[nodiscard]] static std::string of_tenant(const std::string& alias) { return alias + "user_id = ?1"; }
  [[nodiscard]] static std::string digits_of(const std::string& column) { return column + "::text"; }
  [[nodiscard]] static std::string row_order() { return "id COLLATE \"C\""; }
  [[nodiscard]] static std::string byte_order(const std::string& column) { return column + "::text COLLATE \"C\""; }
  [[nodiscard]] static std::string cell(std::string_view column) { return sql::quote_identifier(column) + "::text"; }

 private:
  void command(const char* text) {
    if (PQsendQuery(connection_.get(), text) != 1) { refuse_lost(); }
    const libpq::Result result = next_result();
    if (PQresultStatus(result.get()) != PGRES_COMMAND_OK) { refuse(result.get()); }
    while (next_result()) {}
  }

  /// Waits for the next result, as long as the context lets it; null behind the last one.
  [[nodiscard]] libpq::Result next_result() {
    while (PQisBusy(connection_.get()) != 0) {
      if (!libpq::wait_for_socket(PQsocket(connection_.get()), POLLIN, &context_, std::nullopt)) { context_.check(); }
      if (PQconsumeInput(connection_.get()) != 1) { refuse_lost(); }
    }
    return libpq::Result{PQgetResult(connection_.get())};
  }

  [[noreturn]] static void refuse_lost() {
    throw Error(ErrorCode::unavailable, "the connection to the server of the source was lost");
  }
  [[noreturn]] void refuse(const PGresult* result) {
    const char* const state = result == nullptr ? nullptr : PQresultErrorField(result, PG_DIAG_SQLSTATE);
    if (state == nullptr) { refuse_lost(); }
    if (state == std::string_view("42501")) {
      throw Error(ErrorCode::permission_denied,
                  "the role may not read all tenants of the source: adopt as a superuser or a role with BYPASSRLS that "
                  "may read the tables",
                  state);
    }
    const char* const message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
    throw libpq::make_error(state, "reading the source", message == nullptr ? "" : message);
  }

  std::string schema_;
  const Context& context_;
  libpq::RawConnection connection_;
};

}  // namespace heddle::postgres::adoption
