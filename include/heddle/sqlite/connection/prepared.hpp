// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/connection/error_mapping.hpp"

#include <sqlite3.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sqlite::connection {

/// A prepared statement: the sink of its arguments and the source of its rows. SQLiteCpp's Statement hides its handle,
/// and its Column costs a fifth of a read; this is what hot paths need of it. Belongs to its connection's thread.
class Prepared {
 public:
  Prepared(sqlite3* connection, std::string_view text) {
    sqlite3_stmt* raw = nullptr;
    const int code = sqlite3_prepare_v3(connection, text.data(), static_cast<int>(text.size()),
                                        SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    handle_.reset(raw);
    if (code != SQLITE_OK) { throw preparation_error(connection, code); }
  }

  [[nodiscard]] bool busy() const noexcept { return sqlite3_stmt_busy(handle_.get()) != 0; }

  void null() { bound(sqlite3_bind_null(handle_.get(), next_++)); }
  void integer(std::int64_t value) { bound(sqlite3_bind_int64(handle_.get(), next_++, value)); }
  void real(double value) { bound(sqlite3_bind_double(handle_.get(), next_++, value)); }
  /// `value` must live until the statement has run.
  void text(std::string_view value) { bind_text(value, SQLITE_STATIC); }
  /// `value` is copied.
  void temporary_text(std::string_view value) { bind_text(value, SQLITE_TRANSIENT); }
  /// `value` must live until the statement has run.
  void blob(std::span<const std::byte> value) {
    // A null pointer would bind NULL instead of an empty blob.
    const void* const data = value.empty() ? "" : static_cast<const void*>(value.data());
    bound(sqlite3_bind_blob64(handle_.get(), next_++, data, value.size(), SQLITE_STATIC));
  }

  /// Lets the next run pass without being asked whether to go on. SQLite asks once in so many instructions of all runs
  /// of a statement, even when a BEGIN or a RELEASE has taken effect already: what happened would be reported as
  /// interrupted.
  void count_anew() noexcept { sqlite3_stmt_status(handle_.get(), SQLITE_STMTSTATUS_VM_STEP, 1); }

  /// Runs to the next row; false when there is none. Throws what SQLite reports.
  [[nodiscard]] bool step() {
    const int code = sqlite3_step(handle_.get());
    if (code == SQLITE_ROW) { return true; }
    if (code == SQLITE_DONE) { return false; }
    throw make_error(sqlite3_extended_errcode(sqlite3_db_handle(handle_.get())), "running a statement");
  }

  /// Ready for the next run. A failure of the last run has been reported by `step` already.
  void reset() noexcept {
    sqlite3_reset(handle_.get());
    next_ = 1;
  }

  [[nodiscard]] bool is_null(int column) const noexcept {
    return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
  }
  [[nodiscard]] std::int64_t integer(int column) const noexcept { return sqlite3_column_int64(handle_.get(), column); }
  [[nodiscard]] double real(int column) const noexcept { return sqlite3_column_double(handle_.get(), column); }
  [[nodiscard]] std::string_view text(int column) const {
    const auto* const data = sqlite3_column_text(handle_.get(), column);
    if (data == nullptr) { return {}; }
    return {reinterpret_cast<const char*>(data), size_of(column)};
  }
  [[nodiscard]] std::span<const std::byte> blob(int column) const {
    const void* const data = sqlite3_column_blob(handle_.get(), column);
    if (data == nullptr) { return {}; }
    return {static_cast<const std::byte*>(data), size_of(column)};
  }

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const noexcept { sqlite3_finalize(statement); }
  };

  /// The text of a statement is ours: SQLite's message helps and holds no content.
  static SqliteError preparation_error(sqlite3* connection, int code) {
    const int extended = sqlite3_extended_errcode(connection);
    const std::string_view message = sqlite3_errmsg(connection);
    if (message.starts_with("no such table") || message.starts_with("no such column")) {
      return {ErrorCode::failed_precondition, "the database lacks what this version needs: call migrate() first",
              extended};
    }
    return {meaning_of(code).code, std::string("preparing a statement: ").append(message), extended};
  }

  void bind_text(std::string_view value, sqlite3_destructor_type lifetime) {
    const char* const data = value.empty() ? "" : value.data();
    bound(sqlite3_bind_text64(handle_.get(), next_++, data, value.size(), lifetime, SQLITE_UTF8));
  }
  void bound(int code) {
    if (code != SQLITE_OK) { throw make_error(code, "binding an argument"); }
  }
  [[nodiscard]] std::size_t size_of(int column) const noexcept {
    return static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column));
  }

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
  int next_ = 1;
};

}  // namespace heddle::sqlite::connection
