// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/error_mapping.hpp"
#include "heddle/sqlite/connection/file_errors.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sqlite::connection {

/// A prepared statement: takes arguments in order, and reads the columns of its rows. Replaces SQLiteCpp's Statement,
/// which hides its handle and whose Column costs a fifth of a read. Same thread as its connection.
class Prepared {
 public:
  Prepared(sqlite3* connection, std::string_view text) {
    const auto prepare = [&] {
      return sqlite3_prepare_v3(connection, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT,
                                &handle_, nullptr);
    };
    int code = prepare();
    if (code != SQLITE_OK && lacks_schema(connection)) {
      read_schema(connection, "preparing a statement");
      code = prepare();
    }
    // There is no statement to destroy then.
    if (code != SQLITE_OK) { throw preparation_error(connection, code); }
  }
  Prepared(const Prepared&) = delete;
  Prepared& operator=(const Prepared&) = delete;
  Prepared(Prepared&&) = delete;
  Prepared& operator=(Prepared&&) = delete;
  ~Prepared() { sqlite3_finalize(handle_); }

  [[nodiscard]] bool is_running() const noexcept { return sqlite3_stmt_busy(handle_) != 0; }

  // Each binds the next argument.
  void null() { check(sqlite3_bind_null(handle_, next_++)); }
  void integer(std::int64_t value) { check(sqlite3_bind_int64(handle_, next_++, value)); }
  void real(double value) { check(sqlite3_bind_double(handle_, next_++, value)); }
  /// `value` must live until the statement has run.
  void text(std::string_view value) { bind_text(value, SQLITE_STATIC); }
  /// `value` is copied.
  void temporary_text(std::string_view value) { bind_text(value, SQLITE_TRANSIENT); }
  /// `value` must live until the statement has run.
  void blob(std::span<const std::byte> value) {
    // A null pointer would bind NULL instead of an empty blob.
    const void* const data = value.empty() ? "" : static_cast<const void*>(value.data());
    check(sqlite3_bind_blob64(handle_, next_++, data, value.size(), SQLITE_STATIC));
  }

  /// Restarts the count after which SQLite checks for interruption, so that a short statement is not interrupted. The
  /// count goes on from run to run, and SQLite also checks after a BEGIN or a RELEASE has taken effect: without this, a
  /// success could be reported as an interruption.
  void restart_step_count() noexcept { sqlite3_stmt_status(handle_, SQLITE_STMTSTATUS_VM_STEP, 1); }

  /// Runs to the next row; returns false when there is none. Throws SqliteError.
  [[nodiscard]] bool step() {
    int code = sqlite3_step(handle_);
    if (failed(code)) { code = step_again(); }
    return code == SQLITE_ROW;
  }

  /// Prepares the next run. Does not report the failure of the last run: `step` has done that.
  void reset() noexcept {
    sqlite3_reset(handle_);
    next_ = 1;
  }

  // The columns of the present row.
  [[nodiscard]] bool is_null(int column) const noexcept { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }
  [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(handle_, column); }
  [[nodiscard]] double real(int column) const noexcept { return sqlite3_column_double(handle_, column); }
  [[nodiscard]] std::string_view text(int column) const {
    const auto* const data = sqlite3_column_text(handle_, column);
    if (data == nullptr) { return {}; }
    return {reinterpret_cast<const char*>(data), read_size_of(column)};
  }
  [[nodiscard]] std::span<const std::byte> blob(int column) const {
    const void* const data = sqlite3_column_blob(handle_, column);
    if (data == nullptr) { return {}; }
    return {static_cast<const std::byte*>(data), read_size_of(column)};
  }
  /// The bytes of all texts and blobs that were read from columns, in this run and those before.
  [[nodiscard]] std::uint64_t bytes_read() const noexcept { return bytes_read_; }

 private:
  /// Contains SQLite's own message, which quotes only the text of the statement.
  static SqliteError preparation_error(sqlite3* connection, int code) {
    if (lacks_schema(connection)) { return schema_error(connection); }
    if (is_of_file(code)) { return make_error(connection, "preparing a statement"); }
    return {meaning_of(code).code, std::string("preparing a statement: ").append(sqlite3_errmsg(connection)),
            sqlite3_extended_errcode(connection)};
  }
  /// Runs a statement that has failed again if another schema can be the reason; else throws its error.
  int step_again() {
    constexpr std::string_view doing = "running a statement";
    sqlite3* const connection = sqlite3_db_handle(handle_);
    // SQLite prepares it again if the schema has changed since.
    if (lacks_schema(connection)) {
      read_schema(connection, doing);
      sqlite3_reset(handle_);
      const int code = sqlite3_step(handle_);
      if (!failed(code)) { return code; }
      if (lacks_schema(connection)) { throw schema_error(connection); }
    }
    throw make_error(connection, doing);
  }
  static bool failed(int code) noexcept { return code != SQLITE_ROW && code != SQLITE_DONE; }
  /// Makes SQLite know the present schema. Throws SqliteError if it cannot be read. SQLite reports a table as missing
  /// also if it knows a schema from before another connection made the table, and a lock keeps it from reading whether
  /// the schema has changed. In a transaction the schema that was read stays.
  static void read_schema(sqlite3* connection, std::string_view doing) {
    if (sqlite3_exec(connection, "SELECT 1 FROM sqlite_schema LIMIT 1", nullptr, nullptr, nullptr) != SQLITE_OK) {
      throw make_error(connection, doing);
    }
  }
  /// Returns true if a statement failed because a table or a column does not exist.
  static bool lacks_schema(sqlite3* connection) {
    const std::string_view message = sqlite3_errmsg(connection);
    return message.starts_with("no such table") || message.starts_with("no such column") ||
           (message.starts_with("table ") && message.find(" has no column named ") != std::string_view::npos);
  }
  static SqliteError schema_error(sqlite3* connection) {
    return {ErrorCode::failed_precondition, "the database lacks what this version needs: call migrate() first",
            sqlite3_extended_errcode(connection)};
  }

  void bind_text(std::string_view value, sqlite3_destructor_type lifetime) {
    const char* const data = value.empty() ? "" : value.data();
    check(sqlite3_bind_text64(handle_, next_++, data, value.size(), lifetime, SQLITE_UTF8));
  }
  static void check(int code) {
    if (code != SQLITE_OK) { throw make_error(code, "binding an argument"); }
  }
  [[nodiscard]] std::size_t read_size_of(int column) const noexcept {
    const auto size = static_cast<std::size_t>(sqlite3_column_bytes(handle_, column));
    bytes_read_ += size;
    return size;
  }

  sqlite3_stmt* handle_ = nullptr;
  int next_ = 1;
  mutable std::uint64_t bytes_read_ = 0;
};

}  // namespace heddle::sqlite::connection
