// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"

#include <filesystem>
#include <system_error>

namespace heddle::detail::files {

/// `path` as an absolute path; a relative one starts at the working folder of the process. Throws `failed_precondition`
/// if that folder no longer exists.
[[nodiscard]] inline std::filesystem::path absolute_path(const std::filesystem::path& path) {
  std::error_code failure;
  auto absolute = std::filesystem::absolute(path, failure);
  if (failure) { throw Error(ErrorCode::failed_precondition, "the working folder of the process cannot be found"); }
  return absolute;
}

}  // namespace heddle::detail::files
