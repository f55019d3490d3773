// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/error.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/image.hpp"
#include "heddle/sealed_query/memory_meter.hpp"
#include "heddle/sealed_query/query_guard.hpp"
#include "heddle/sealed_query/sql_policy.hpp"
#include "heddle/sealed_query/text_functions.hpp"
#include "heddle/validation/text.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sealed_query {

/// One value, and one row with its header: every row that `build_image` accepts.
inline constexpr int value_bytes = static_cast<int>(max_row_bytes + 4096);

inline constexpr int max_selects = 200;

[[noreturn]] inline void exhausted(const std::string& cap) {
  throw Error(ErrorCode::resource_exhausted, "the query is over its cap on " + cap);
}

/// A query on its way: the connection, and everything that can stop it.
class SealedQuery {
 public:
  SealedQuery(const QueryLimits& limits, const Context& context)
      : limits_(limits), guard_(limits.time, context), meter_(limits.memory_bytes, guard_) {
    if (!meter_works()) {
      throw Error(ErrorCode::failed_precondition,
                  "the memory of a query cannot be limited: SQLite was in use, or got another "
                  "allocator, before Heddle was initialised");
    }
    connection_ = detail::sqlite_c::open_private();
  }

  void open(std::span<const std::byte> image) {
    // SQLite does not write to a read-only image, and the bytes outlive the connection: no copy.
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-const-cast): the C API knows no const here
    auto* const bytes = reinterpret_cast<unsigned char*>(const_cast<std::byte*>(image.data()));
    const auto size = static_cast<sqlite3_int64>(image.size());
    sqlite3* const db = connection_.get();
    sqlite3_progress_handler(
        db, 1000, [](void* guard) { return static_cast<QueryGuard*>(guard)->must_stop() ? 1 : 0; }, &guard_);
    check(sqlite3_deserialize(db, "main", bytes, size, size, SQLITE_DESERIALIZE_READONLY));
    check(sqlite3_exec(db, "PRAGMA temp_store=MEMORY; PRAGMA cell_size_check=ON", nullptr, nullptr, nullptr));
    find_table();
    load_json_tables(db);
    harden(db, value_bytes);
    if (!install_text_functions(db, guard_)) { check(SQLITE_NOMEM); }
    sqlite3_set_authorizer(db, &authorize, &table_);
  }

  [[nodiscard]] Table run(const std::string& sql) {
    check_depth(sql);
    const auto statement = compile(sql);
    Table answer;
    const int columns = sqlite3_column_count(statement.get());
    for (int i = 0; i < columns; ++i) {
      const char* name = sqlite3_column_name(statement.get(), i);
      if (name == nullptr) { fail(SQLITE_NOMEM, Phase::running); }
      answer.columns.emplace_back(name);
      count_answer(sizeof(std::string) + answer.columns.back().size());
    }
    int status = sqlite3_step(statement.get());
    for (; status == SQLITE_ROW; status = sqlite3_step(statement.get())) {
      if (std::cmp_greater_equal(answer.rows.size(), limits_.rows)) {
        exhausted("rows of the answer (" + std::to_string(limits_.rows) + "); add a LIMIT");
      }
      count_answer(static_cast<std::size_t>(columns) * sizeof(Cell));
      auto& row = answer.rows.emplace_back();
      row.reserve(static_cast<std::size_t>(columns));
      for (int i = 0; i < columns; ++i) { row.push_back(cell(statement.get(), i)); }
    }
    if (status != SQLITE_DONE) { fail(status, Phase::running); }
    return answer;
  }

 private:
  enum class Phase { opening, compiling, running };

  void check(int status) {
    if (status != SQLITE_OK) { fail(status, Phase::opening); }
  }

  /// An image holds one table and nothing else.
  void find_table() {
    sqlite3_stmt* raw = nullptr;
    check(sqlite3_prepare_v2(connection_.get(), "SELECT type, name FROM sqlite_master", -1, &raw, nullptr));
    const detail::sqlite_c::Statement statement(raw);
    int status = sqlite3_step(raw);
    const auto text = [raw](int i) { return reinterpret_cast<const char*>(sqlite3_column_text(raw, i)); };
    if (status == SQLITE_ROW && text(0) != nullptr && text(1) != nullptr && std::string_view(text(0)) == "table") {
      table_ = text(1);
      status = sqlite3_step(raw);
      if (status == SQLITE_DONE) { return; }
    }
    if (status == SQLITE_ROW || status == SQLITE_DONE) { status = SQLITE_CORRUPT; }
    fail(status, Phase::opening);
  }

  /// SQLite recurses into subqueries without a limit of its own: 2000 of them take 1 MiB of stack.
  /// Counting the word, also where it stands in a text, is crude, but nobody needs that many.
  static void check_depth(std::string_view sql) {
    constexpr std::string_view word = "select";
    const auto lower = ascii_lower(sql);
    int count = 0;
    for (auto at = lower.find(word); at != std::string::npos; at = lower.find(word, at + 1)) {
      if (++count > max_selects) { exhausted("SELECTs in one statement (" + std::to_string(max_selects) + ")"); }
    }
  }

  /// The one statement in `sql`; comments, white space and semicolons around it do not matter.
  [[nodiscard]] detail::sqlite_c::Statement compile(const std::string& sql) {
    detail::sqlite_c::Statement only;
    const char* const end = sql.c_str() + sql.size();
    for (const char* at = sql.c_str(); at != end;) {
      sqlite3_stmt* raw = nullptr;
      const int size = static_cast<int>(end - at) + 1;  // with its NUL: SQLite makes no copy then
      const int status = sqlite3_prepare_v2(connection_.get(), at, size, &raw, &at);
      detail::sqlite_c::Statement statement(raw);
      if (only && (raw != nullptr || status != SQLITE_OK)) {
        validation::refuse("SQL", "holds more than one statement");
      }
      if (status != SQLITE_OK) { fail(status, Phase::compiling); }
      if (raw != nullptr) { only = std::move(statement); }
    }
    if (!only) { validation::refuse("SQL", "holds no statement"); }
    // REINDEX without an index passes every authorizer; it does nothing.
    if (sqlite3_column_count(only.get()) == 0) { validation::refuse("SQL", "is not a query"); }
    return only;
  }

  [[nodiscard]] Cell cell(sqlite3_stmt* statement, int column) {
    switch (sqlite3_column_type(statement, column)) {
      case SQLITE_NULL: return std::monostate{};
      case SQLITE_INTEGER: return std::int64_t{sqlite3_column_int64(statement, column)};
      case SQLITE_FLOAT: {
        const double number = sqlite3_column_double(statement, column);
        if (!std::isfinite(number)) { validation::refuse(place(column), "is infinite"); }
        return number;
      }
      case SQLITE_TEXT: break;
      default: validation::refuse(place(column), "is a blob; use hex()");
    }
    const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
    if (bytes == nullptr) { fail(SQLITE_NOMEM, Phase::running); }
    const std::string_view text(bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    if (!validation::is_clean_utf8(text)) { validation::refuse(place(column), "is not UTF-8 without NUL; use hex()"); }
    count_answer(text.size());
    return std::string(text);
  }

  [[nodiscard]] static std::string place(int column) {
    return "column " + std::to_string(column + 1) + " of the answer";
  }

  void count_answer(std::size_t bytes) {
    answered_ += bytes;
    if (answered_ > limits_.answer_bytes) {
      exhausted("the size of the answer (" + std::to_string(limits_.answer_bytes) + " bytes); select less");
    }
  }

  [[noreturn]] void fail(int status, Phase phase) {
    guard_.rethrow();
    const auto native = std::to_string(sqlite3_extended_errcode(connection_.get()));
    switch (status & 0xff) {
      case SQLITE_NOMEM:
        if (meter_.exhausted()) { exhausted("memory (" + std::to_string(limits_.memory_bytes) + " bytes)"); }
        exhausted("complexity; write simpler SQL");  // the number of instructions
      case SQLITE_TOOBIG: exhausted("the size of one value or row (1 MiB)");
      case SQLITE_CORRUPT:
      case SQLITE_NOTADB: throw Error(ErrorCode::data_loss, "the stored result is damaged", native);
      case SQLITE_ERROR:
      case SQLITE_AUTH:
        if (phase != Phase::opening) { throw Error(ErrorCode::invalid_argument, message(phase), native); }
        throw Error(ErrorCode::data_loss, "the stored result cannot be opened", native);
      default: throw Error(ErrorCode::internal, "SQLite could not run the query", native);
    }
  }

  /// SQLite's message. While a query runs it can quote a value, always behind a quotation mark: cut
  /// it there.
  [[nodiscard]] std::string message(Phase phase) const {
    std::string text = sqlite3_errmsg(connection_.get());
    if (phase == Phase::running) { text.erase(std::min(text.find_first_of("'\"`"), text.size())); }
    return "SQL error (only reading the result is allowed): " + text;
  }

  const QueryLimits& limits_;
  QueryGuard guard_;
  MemoryMeter meter_;  // outlives the connection: it counts what closing frees
  std::string table_;
  std::size_t answered_ = 0;
  detail::sqlite_c::Connection connection_;
};

}  // namespace heddle::sealed_query

namespace heddle::sealed_query {

/// Runs one SELECT (or VALUES) of an agent on an image made by `build_image`, sealed off from
/// everything else: a private in-memory connection that can only read this image, an allow-list of
/// actions and functions, no files. The image is not copied; it must not change during the call.
/// Any thread; concurrent calls share nothing.
///
/// Answers integer, floating point, text and null cells (booleans were stored as 1 and 0). Column
/// names can be there twice. A blob, text that is not UTF-8 without NUL, and infinity have no place
/// in a Table: `invalid_argument`. "Quoted" names are always names, never texts. LIKE and GLOB
/// patterns have at most 250 bytes, what instr() and replace() look for 1000, the characters that
/// trim() removes 64. A statement has at most 200 SELECTs. There is no json_patch().
///
/// Throws `invalid_argument` for SQL that SQLite or the allow-list refuses (with SQLite's message;
/// it never quotes stored content), that holds no statement or several, parameters, or more than
/// `max_sql_bytes`; for limits that are not positive. `resource_exhausted`, naming the cap, for an
/// answer or a query over its limits. `deadline_exceeded` when the time limit or the Context's
/// deadline passes, `cancelled` when its stop token is triggered. `data_loss` for a damaged image.
/// `failed_precondition` if the program used SQLite before Heddle was initialised (before main(),
/// or before Heddle was loaded as a plugin) or replaced its allocator: memory could not be limited
/// then.
[[nodiscard]] inline Table query_image(std::span<const std::byte> image, std::string_view sql,
                                       const QueryLimits& limits, const Context& context) {
  using heddle::validation::refuse;
  heddle::validation::check_text("SQL", sql, max_sql_bytes);
  if (limits.time.count() <= 0 || limits.memory_bytes == 0 || limits.rows <= 0 || limits.answer_bytes == 0) {
    refuse("query limits", "must be positive");
  }
  if (image.empty()) { throw Error(ErrorCode::data_loss, "the stored result is damaged: it is empty"); }
  context.check();
  if (sqlite3_initialize() != SQLITE_OK) { throw Error(ErrorCode::internal, "SQLite could not be initialised"); }
  heddle::sealed_query::SealedQuery query(limits, context);
  query.open(image);
  return query.run(std::string(sql));
}

}  // namespace heddle::sealed_query
