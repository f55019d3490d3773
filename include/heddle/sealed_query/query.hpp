// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/bind_parameters.hpp"
#include "heddle/sealed_query/check_image.hpp"
#include "heddle/sealed_query/check_table.hpp"
#include "heddle/sealed_query/image_connection.hpp"
#include "heddle/sealed_query/memory_meter.hpp"
#include "heddle/sealed_query/query_guard.hpp"
#include "heddle/sealed_query/sql_policy.hpp"
#include "heddle/sealed_query/statement_cost.hpp"
#include "heddle/sealed_query/text_functions.hpp"
#include "heddle/validation/is_finite.hpp"
#include "heddle/validation/text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sealed_query {

/// One query of an agent: its connection, and everything that can stop it. One thread, one use: `open`, then `run`. A
/// template only so that files that query no result do not compile it.
template <std::same_as<QueryLimits> Limits>
class Query {
 public:
  /// Both must outlive the query. Throws `failed_precondition` if memory cannot be limited.
  Query(const Limits& limits, const Context& context)
      : limits_(limits),
        guard_(limits.time, context),
        meter_(limits.memory_bytes, guard_),
        permission_{.guard = guard_} {
    if (!meter_works()) {
      throw Error(ErrorCode::failed_precondition,
                  "the memory of a query cannot be limited: SQLite was in use, or had another "
                  "allocator, before Heddle was initialised");
    }
  }

  /// Opens the image, which must outlive the query, and locks the connection down.
  void open(std::span<const std::byte> image) {
    check_image_header(image);
    check(open_image(image, connection_));
    sqlite3* const db = connection_.get();
    sqlite3_progress_handler(
        db, opcodes_between_questions, [](void* guard) { return static_cast<QueryGuard*>(guard)->must_stop() ? 1 : 0; },
        &guard_);
    // The cache is also the most that is sorted at once.
    check(sqlite3_exec(db, "PRAGMA temp_store=FILE; PRAGMA cache_size=-256; PRAGMA cell_size_check=ON", nullptr,
                       nullptr, nullptr));
    read_table_name();
    load_json_tables(db);
    lock_down(db, value_bytes);
    if (!replace_text_functions(db, guard_)) { check(SQLITE_NOMEM); }
    sqlite3_set_authorizer(db, &authorize<Permission>, &permission_);
  }

  /// Runs the one statement in `sql` with these parameters and returns its rows.
  [[nodiscard]] Table run(const std::string& sql, const QueryParameters& parameters = {}) {
    check_number_of_selects(sql);
    const auto statement = compile(sql);
    if (const int bound = bind_parameters(statement.get(), parameters); bound != SQLITE_OK) {
      fail(bound, Phase::running);
    }
    meter_.lift();
    Table answer;
    const int columns = sqlite3_column_count(statement.get());
    for (int i = 0; i < columns; ++i) {
      const char* name = sqlite3_column_name(statement.get(), i);
      if (name == nullptr) { fail(SQLITE_NOMEM, Phase::running); }
      answer.columns.emplace_back(name);
      grow_answer(sizeof(std::string) + answer.columns.back().size());
    }
    int status = sqlite3_step(statement.get());
    for (; status == SQLITE_ROW; status = sqlite3_step(statement.get())) {
      if (guard_.must_stop()) { fail(SQLITE_INTERRUPT, Phase::running); }
      if (std::cmp_greater_equal(answer.rows.size(), limits_.rows)) {
        exceed("rows of the answer (" + std::to_string(limits_.rows) + "); add a LIMIT");
      }
      grow_answer(static_cast<std::size_t>(columns) * sizeof(Cell));
      auto& row = answer.rows.emplace_back();
      row.reserve(static_cast<std::size_t>(columns));
      for (int i = 0; i < columns; ++i) { row.push_back(cell(statement.get(), i)); }
    }
    if (status != SQLITE_DONE) { fail(status, Phase::running); }
    return answer;
  }

  /// How often SQLite, or `run`, has asked whether to stop.
  [[nodiscard]] std::int64_t questions() const noexcept { return guard_.questions(); }

 private:
  enum class Phase { opening, compiling, running };

  /// One value, or one row with its header. Every row that `build_image` accepts is smaller.
  static constexpr int value_bytes = static_cast<int>(max_row_bytes + 4096);
  /// A question takes as long as two opcodes.
  static constexpr int opcodes_between_questions = 50;

  void check(int status) {
    if (status != SQLITE_OK) { fail(status, Phase::opening); }
  }

  /// Throws `data_loss` unless the image holds one table and nothing else.
  void read_table_name() {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(connection_.get(), "SELECT type, name FROM sqlite_master", -1, &raw, nullptr));
    const detail::sqlite_c::Statement statement(raw);
    int status = sqlite3_step(raw);
    const auto text = [raw](int i) { return reinterpret_cast<const char*>(sqlite3_column_text(raw, i)); };
    if (status == SQLITE_ROW && text(0) != nullptr && text(1) != nullptr && std::string_view(text(0)) == "table") {
      permission_.table = text(1);
      status = sqlite3_step(raw);
      if (status == SQLITE_DONE) { return; }
    }
    if (status == SQLITE_ROW || status == SQLITE_DONE) { status = SQLITE_CORRUPT; }
    fail(status, Phase::opening);
  }

  /// Throws `resource_exhausted` if the word SELECT occurs too often, also inside of texts. SQLite recurses into
  /// subqueries without a limit of its own, at places also without a question to the meter.
  static void check_number_of_selects(std::string_view sql) {
    constexpr int max_selects = 200;
    constexpr std::string_view word = "select";
    const auto lower = ascii_lower(sql);
    int count = 0;
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      if (++count > max_selects) { exceed("SELECTs in one statement (" + std::to_string(max_selects) + ")"); }
    }
  }

  /// Compiles the one statement in `sql`; comments, white space and semicolons around it are ignored.
  [[nodiscard]] detail::sqlite_c::Statement compile(const std::string& sql) {
    detail::sqlite_c::Statement only;
    std::string_view text;
    const char* const end = sql.c_str() + sql.size();
    for (const char* at = sql.c_str(); at != end;) {
      const char* const start = at;
      sqlite3_stmt* raw = nullptr;
      const int size = static_cast<int>(end - at) + 1;  // with its NUL, so that SQLite makes no copy
      const int status = sqlite3_prepare_v2(connection_.get(), at, size, &raw, &at);
      detail::sqlite_c::Statement statement(raw);
      if (only && (raw != nullptr || status != SQLITE_OK)) {
        validation::refuse("SQL", "contains more than one statement");
      }
      if (status != SQLITE_OK) { fail(status, Phase::compiling); }
      if (raw == nullptr) { continue; }
      if (sqlite3_stmt_isexplain(raw) != 0) { validation::refuse("SQL", "is an EXPLAIN, which is not allowed"); }
      only = std::move(statement);
      text = {start, at};
    }
    if (!only) { validation::refuse("SQL", "contains no statement"); }
    // REINDEX without an index, which does nothing, passes every authorizer.
    if (sqlite3_column_count(only.get()) == 0) { validation::refuse("SQL", "is not a query"); }
    limit_values(std::string(without_start(text)));
    return only;
  }

  /// Limits the length of values by what the statement does with them.
  void limit_values(const std::string& sql) {
    permission_.calls = 0;
    sqlite3_stmt* raw = nullptr;
    const int prepared = sqlite3_prepare_v2(connection_.get(), ("EXPLAIN " + sql).c_str(), -1, &raw, nullptr);
    if (prepared != SQLITE_OK) { fail(prepared, Phase::compiling); }
    const detail::sqlite_c::Statement program(raw);
    const auto text = [raw](int column) {
      const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(raw, column));
      return bytes == nullptr ? std::string_view() : std::string_view(bytes);
    };
    StatementCost cost{std::string_view(sql)};
    int status = sqlite3_step(raw);
    for (; status == SQLITE_ROW && !guard_.must_stop(); status = sqlite3_step(raw)) { cost.add(text(1), text(5)); }
    if (status != SQLITE_DONE) { fail(status == SQLITE_ROW ? SQLITE_INTERRUPT : status, Phase::compiling); }
    longest_value_ = cost.value_bytes(value_bytes);
    sqlite3_limit(connection_.get(), SQLITE_LIMIT_LENGTH, longest_value_);
  }

  /// The value of a column of the present row.
  [[nodiscard]] Cell cell(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_NULL: return std::monostate{};
      case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
      case SQLITE_FLOAT: {
        const double number = sqlite3_column_double(statement, column);
        if (!validation::is_finite(number)) { validation::refuse(place(column), "is infinite"); }
        return number;
      }
      case SQLITE_TEXT: break;
      default: validation::refuse(place(column), "is a blob; use hex()");
    }
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (bytes == nullptr) { fail(SQLITE_NOMEM, Phase::running); }
    const std::string_view text(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    if (!validation::is_clean_utf8(text)) { validation::refuse(place(column), "is not UTF-8 without NUL; use hex()"); }
    grow_answer(text.size());
    return std::string(text);
  }

  /// How error messages name a column.
  [[nodiscard]] static std::string place(int column) {
    return "column " + std::to_string(column + 1) + " of the answer";
  }

  /// Counts `bytes` of the answer. Throws `resource_exhausted` if it grows over its limit.
  void grow_answer(std::size_t bytes) {
    answer_bytes_ += bytes;
    if (answer_bytes_ > limits_.answer_bytes) {
      exceed("the size of the answer (" + std::to_string(limits_.answer_bytes) + " bytes); select less");
    }
  }

  [[noreturn]] static void exceed(const std::string& limit) {
    throw Error(ErrorCode::resource_exhausted, "the query exceeds its limit on " + limit);
  }

  /// Throws the Error for a status of SQLite, or for what stopped the query.
  [[noreturn]] void fail(int status, Phase phase) {
    guard_.throw_reason();
    const auto native = std::to_string(sqlite3_extended_errcode(connection_.get()));
    switch (status & 0xff) {
      case SQLITE_NOMEM:
        if (meter_.exhausted()) {
          exceed((phase == Phase::compiling ? "memory to compile SQL (" : "memory (") + std::to_string(meter_.limit()) +
                 " bytes)");
        }
        if (meter_.nested_too_deeply()) { exceed("nesting; write simpler SQL"); }
        // SQLite reports its limit on instructions in this way.
        exceed("complexity; write simpler SQL");
      case SQLITE_TOOBIG:
        if (longest_value_ == value_bytes) { exceed("the size of one value or row (1 MiB)"); }
        exceed("the size of one value or row, which is " + std::to_string(longest_value_) +
               " bytes for SQL with so many operations; write simpler SQL");
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB: throw Error(ErrorCode::data_loss, "the stored result is damaged", native);
      case SQLITE_ERROR:
      case SQLITE_AUTH:
        if (permission_.calls_too_much()) {
          exceed("calls of functions (" + std::to_string(Permission::most_calls) + "); write simpler SQL");
        }
        if (phase != Phase::opening) { throw Error(ErrorCode::invalid_argument, message(phase), native); }
        throw Error(ErrorCode::data_loss, "the stored result cannot be opened", native);
      default: throw Error(ErrorCode::internal, "SQLite could not run the query", native);
    }
  }

  /// SQLite's message. While a query runs, the message can quote a stored value, always after a quotation mark: it is
  /// cut there.
  [[nodiscard]] std::string message(Phase phase) const {
    std::string text = sqlite3_errmsg(connection_.get());
    if (phase == Phase::running) { text.erase(std::min(text.find_first_of("'\"`"), text.size())); }
    return "SQL error (only reading the result is allowed): " + text;
  }

  const Limits& limits_;
  QueryGuard guard_;
  MemoryMeter meter_;  ///< must outlive the connection: it counts what closing frees
  Permission permission_;
  std::size_t answer_bytes_ = 0;
  int longest_value_ = value_bytes;
  detail::sqlite_c::Connection connection_;
};

}  // namespace heddle::sealed_query
