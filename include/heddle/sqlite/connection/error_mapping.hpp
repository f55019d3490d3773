// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <sqlite3.h>

#include <string>
#include <string_view>

namespace heddle::sqlite::connection {

/// What a result code of SQLite means to a caller. The sentence contains no stored content.
struct ErrorMeaning {
  ErrorCode code;
  std::string_view sentence;
};

/// Returns the meaning of an extended result code.
[[nodiscard]] inline ErrorMeaning meaning_of(int extended) noexcept {
  switch (extended) {
    case SQLITE_CONSTRAINT_FOREIGNKEY: return {ErrorCode::not_found, "a record that this one refers to does not exist"};
    case SQLITE_CONSTRAINT_UNIQUE:
    case SQLITE_CONSTRAINT_PRIMARYKEY:
    case SQLITE_CONSTRAINT_ROWID: return {ErrorCode::already_exists, "a record with this id exists already"};
    case SQLITE_CONSTRAINT_CHECK: return {ErrorCode::resource_exhausted, "the session holds no further message"};
    case SQLITE_CONSTRAINT_TRIGGER:
      return {ErrorCode::failed_precondition, "an import or an erasure of this tenant has not ended"};
    case SQLITE_READONLY_DBMOVED:
      return {ErrorCode::failed_precondition, "the database file was removed or replaced while it was open"};
    default: break;
  }
  switch (extended & 0xFF) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return {ErrorCode::unavailable, "the database is locked by another process"};
    case SQLITE_NOMEM:
    case SQLITE_TOOBIG: return {ErrorCode::resource_exhausted, "a value is too large, or memory ran out"};
    case SQLITE_IOERR: return {ErrorCode::unavailable, "reading or writing the database file failed"};
    case SQLITE_CANTOPEN: return {ErrorCode::unavailable, "the database file cannot be opened"};
    case SQLITE_READONLY: return {ErrorCode::permission_denied, "the database file is read-only"};
    case SQLITE_PERM:
    case SQLITE_AUTH: return {ErrorCode::permission_denied, "the database does not permit this"};
    case SQLITE_CORRUPT: return {ErrorCode::data_loss, "the database file is damaged"};
    case SQLITE_NOTADB:
      return {ErrorCode::failed_precondition, "the file is not a SQLite database, or the key is wrong"};
    case SQLITE_INTERRUPT: return {ErrorCode::cancelled, "the statement was interrupted"};
    default: return {ErrorCode::internal, "the database rejected a statement"};
  }
}

/// An Error that SQLite reported, as opposed to one that Heddle found.
class SqliteError : public Error {
 public:
  /// `extended` is SQLite's extended result code.
  SqliteError(ErrorCode code, const std::string& message, int extended)
      : Error(code, message, std::to_string(extended)), extended_(extended) {}

  /// SQLite's primary result code.
  [[nodiscard]] int primary_code() const noexcept { return extended_ & 0xFF; }

 private:
  int extended_;
};

/// Returns the message of an exception. It leaves out SQLite's own, which can quote stored content.
[[nodiscard]] inline std::string sentence_of(const ErrorMeaning& meaning, int extended, std::string_view doing) {
  std::string message(doing);
  return message.append(": ").append(meaning.sentence).append(" (").append(sqlite3_errstr(extended)).append(")");
}

/// Returns the exception for a failed call of SQLite that concerns no file; for others see file_errors.hpp.
[[nodiscard]] inline SqliteError make_error(int extended, std::string_view doing) {
  const ErrorMeaning meaning = meaning_of(extended);
  return {meaning.code, sentence_of(meaning, extended, doing), extended};
}

}  // namespace heddle::sqlite::connection
