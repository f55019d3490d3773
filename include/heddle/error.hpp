#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// The kind of an error. The names are those of gRPC's status codes, but for `conflict`, which is Heddle's own name for
/// gRPC's ABORTED.
enum class ErrorCode {
  not_found,            ///< what the call works on does not exist, or belongs to another tenant
  already_exists,       ///< the id is in use
  conflict,             ///< another call changed it first: read it again and decide
  invalid_argument,     ///< the input is never accepted; nothing was changed
  permission_denied,    ///< the caller or the database role lacks a permission
  failed_precondition,  ///< the state forbids it: closed, not migrated, no longer open
  resource_exhausted,   ///< a limit was reached: size, rows, memory, connections
  unavailable,          ///< the database cannot be reached or is locked; a retry can succeed
  deadline_exceeded,    ///< the Context's deadline has passed
  cancelled,            ///< a stop was requested by the Context's stop token
  data_loss,            ///< the database is damaged, or a stored value cannot be read back
  internal              ///< a defect of Heddle, of the schema or of the driver
};

/// Returns the name of the enumerator, for logs.
[[nodiscard]] constexpr std::string_view to_string(ErrorCode code) noexcept {
  switch (code) {
    case ErrorCode::not_found: return "not_found";
    case ErrorCode::already_exists: return "already_exists";
    case ErrorCode::conflict: return "conflict";
    case ErrorCode::invalid_argument: return "invalid_argument";
    case ErrorCode::permission_denied: return "permission_denied";
    case ErrorCode::failed_precondition: return "failed_precondition";
    case ErrorCode::resource_exhausted: return "resource_exhausted";
    case ErrorCode::unavailable: return "unavailable";
    case ErrorCode::deadline_exceeded: return "deadline_exceeded";
    case ErrorCode::cancelled: return "cancelled";
    case ErrorCode::data_loss: return "data_loss";
    case ErrorCode::internal: return "internal";
  }
  return "unknown";
}

/// What is known about a write whose call threw.
enum class Outcome {
  nothing_happened,  ///< no change was made
  in_doubt           ///< it was sent and no response came: it may have been committed
};

/// The only exception type of the library. Its message says what happened, to what, and what to do; it never contains
/// stored content, keys or connection strings.
class Error : public std::runtime_error {
 public:
  /// `native_code` is the database's own code: SQLite's extended result code in decimal, or an SQLSTATE; empty if the
  /// error comes from Heddle itself.
  Error(ErrorCode code, const std::string& message, std::string native_code = {},
        Outcome outcome = Outcome::nothing_happened)
      : std::runtime_error(message), native_code_(std::move(native_code)), code_(code), outcome_(outcome) {}

  /// Returns the kind of the error, for code that decides.
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

  /// Returns the database's own code, see the constructor.
  [[nodiscard]] const std::string& native_code() const noexcept { return native_code_; }

  /// Returns true if the same call can succeed later without any change. If `in_doubt()` is true too, retry only with
  /// the idempotency key of the first attempt. A retry after `deadline_exceeded` needs a new deadline, so that error is
  /// not retryable unless it is in doubt.
  [[nodiscard]] bool retryable() const noexcept { return code_ == ErrorCode::unavailable || in_doubt(); }

  /// Returns true if the write was sent but no response came: it may have been committed.
  [[nodiscard]] bool in_doubt() const noexcept { return outcome_ == Outcome::in_doubt; }

 private:
  std::string native_code_;
  ErrorCode code_;
  Outcome outcome_;
};

}  // namespace heddle
