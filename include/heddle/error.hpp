#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// What went wrong, in the terms of gRPC's status codes.
enum class ErrorCode {
  not_found,            ///< the thing that the call works on is not there, or belongs to another tenant
  already_exists,       ///< the id is taken
  conflict,             ///< somebody else was faster; read again and decide
  invalid_argument,     ///< the input can never be accepted; nothing was sent
  permission_denied,    ///< the caller, or the database role, may not do this
  failed_precondition,  ///< the state forbids it: closed, not migrated, not pending any more
  resource_exhausted,   ///< a cap was reached: size, rows, memory, connections
  unavailable,          ///< the database cannot be reached or is locked; trying again can help
  deadline_exceeded,    ///< the Context's deadline passed
  cancelled,            ///< the Context's stop token was triggered
  data_loss,            ///< the database is damaged, or a stored value cannot be read back
  internal              ///< a fault of Heddle, of the schema or of the driver
};

/// The code's name as it stands in the enumeration, for logs.
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

/// What is known of a write whose call failed.
enum class Outcome {
  nothing_happened,  ///< no change was made
  in_doubt           ///< it was sent and no answer came: it may have been committed
};

/// The one exception type of the library. Its message names the operation's problem in a sentence; it never contains
/// stored content, keys or connection strings.
class Error : public std::runtime_error {
 public:
  /// `native_code` is the database's own code: SQLite's extended result code in decimals, or an SQLSTATE; empty when
  /// the error arose in Heddle itself.
  Error(ErrorCode code, const std::string& message, std::string native_code = {},
        Outcome outcome = Outcome::nothing_happened)
      : std::runtime_error(message), native_code_(std::move(native_code)), code_(code), outcome_(outcome) {}

  /// What went wrong, for code that decides.
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }

  /// The database's own code, see the constructor.
  [[nodiscard]] const std::string& native_code() const noexcept { return native_code_; }

  /// True if the same call can succeed later without any change by the caller. When `in_doubt()` is true too, retry
  /// only with the idempotency key of the first try. After `deadline_exceeded` a retry needs a new deadline, so that is
  /// not retryable as it stands.
  [[nodiscard]] bool retryable() const noexcept { return code_ == ErrorCode::unavailable || in_doubt(); }

  /// True if the write was sent but its answer never came: it may have happened.
  [[nodiscard]] bool in_doubt() const noexcept { return outcome_ == Outcome::in_doubt; }

 private:
  std::string native_code_;
  ErrorCode code_;
  Outcome outcome_;
};

}  // namespace heddle
