#pragma once

#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/error.hpp"

#include <cstdlib>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>

namespace heddle {

/// Environment variables, the source of settings that the configuration does not contain. A program uses those of its
/// process; a test can use its own.
class Environment {
 public:
  /// The variables of the process. Many threads may read them as long as none changes them.
  Environment() = default;
  /// Returns an environment with only these variables.
  // Not a constructor, for which one pair in braces would be ambiguous.
  [[nodiscard]] static Environment of(std::map<std::string, std::string> variables) {
    Environment environment;
    environment.variables_ = std::move(variables);
    return environment;
  }

  /// Returns the value of a variable; nothing if it is not set or empty.
  [[nodiscard]] std::optional<std::string> get(const std::string& name) const {
    std::string value;
    if (!variables_) {
      const char* const found = std::getenv(name.c_str());
      value = found == nullptr ? "" : found;
    } else if (const auto found = variables_->find(name); found != variables_->end()) {
      value = found->second;
    }
    return value.empty() ? std::nullopt : std::optional(std::move(value));
  }

  /// Returns `path` as an absolute path, with a leading `~` replaced by the home folder (`HOME`). Throws
  /// `failed_precondition` if the path begins with `~` and HOME is not set, or if the current folder no longer exists.
  [[nodiscard]] std::filesystem::path expand(const std::string& path) const {
    using detail::files::absolute_path;
    if (path != "~" && !path.starts_with("~/")) { return absolute_path(path); }
    const auto home = get("HOME");
    if (!home) {
      throw Error(ErrorCode::failed_precondition,
                  "a path begins with ~, but HOME is not set: set HOME or use an absolute path");
    }
    return path.size() <= 2 ? absolute_path(*home) : absolute_path(*home) / path.substr(2);
  }

  /// Returns the folder of a server's data: `LOOM_DATA_DIR`, or `~/.loom` if it is not set. Throws what `expand`
  /// throws.
  [[nodiscard]] std::filesystem::path data_directory() const {
    return expand(get("LOOM_DATA_DIR").value_or("~/.loom"));
  }

 private:
  std::optional<std::map<std::string, std::string>> variables_{};
};

}  // namespace heddle
