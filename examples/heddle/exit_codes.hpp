#pragma once

#include <heddle/error.hpp>

/// What the command's exit code tells a script. The numbers are stable.
namespace command {

enum class ExitCode : int {
  done = 0,
  problem = 1,      ///< what was asked for has a problem: the storage is not ready, or something in it is damaged
  usage = 2,        ///< the command line or a value in it is wrong
  not_found = 3,    ///< the database, tenant or session does not exist
  refused = 4,      ///< the state forbids it: not migrated, there already, changed by another
  forbidden = 5,    ///< the system or the database does not permit it
  unavailable = 6,  ///< the database does not answer, or has no resources left: try again later
  data_loss = 7,    ///< the database or a stream is damaged
  internal = 70,    ///< a defect
  interrupted = 130
};

/// Returns the exit code of an error.
[[nodiscard]] constexpr ExitCode exit_code_of(heddle::ErrorCode code) noexcept {
  using heddle::ErrorCode;
  switch (code) {
    case ErrorCode::not_found: return ExitCode::not_found;
    case ErrorCode::invalid_argument: return ExitCode::usage;
    case ErrorCode::already_exists:
    case ErrorCode::conflict:
    case ErrorCode::failed_precondition: return ExitCode::refused;
    case ErrorCode::permission_denied: return ExitCode::forbidden;
    case ErrorCode::resource_exhausted:
    case ErrorCode::unavailable:
    case ErrorCode::deadline_exceeded: return ExitCode::unavailable;
    case ErrorCode::data_loss: return ExitCode::data_loss;
    case ErrorCode::cancelled: return ExitCode::interrupted;
    case ErrorCode::internal: break;
  }
  return ExitCode::internal;
}

/// The table of the codes, for `--help` and the manual page.
inline constexpr const char* exit_codes_text =
    "Exit codes:\n"
    "  0    done\n"
    "  1    a problem was found: the storage is not ready, or something is damaged\n"
    "  2    the command line is wrong\n"
    "  3    not found: the database, the tenant or the session\n"
    "  4    refused: not migrated, there already, changed by another\n"
    "  5    not permitted\n"
    "  6    the database does not answer, or has no resources left: try again\n"
    "  7    the database or a stream is damaged\n"
    "  70   a defect of the program\n"
    "  130  interrupted\n";

}  // namespace command
