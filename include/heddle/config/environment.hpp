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

/// Where settings come from that stand in no configuration: environment variables. A program uses those of its process;
/// a test can bring its own.
class Environment {
 public:
  /// The variables of the process. Safe to use from many threads as long as none changes them.
  Environment() = default;
  /// These variables and no others.
  // Not a constructor: one pair in braces would be ambiguous there.
  [[nodiscard]] static Environment of(std::map<std::string, std::string> variables) {
    Environment environment;
    environment.variables_ = std::move(variables);
    return environment;
  }

  /// The value of a variable; nothing if it is not set, or empty.
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

  /// `path` with a leading `~` as the home folder (`HOME`), and absolute. Throws `failed_precondition` if the home
  /// folder is wanted but not known.
  [[nodiscard]] std::filesystem::path expand(const std::string& path) const {
    using detail::files::absolute_path;
    if (path != "~" && !path.starts_with("~/")) { return absolute_path(path); }
    const auto home = get("HOME");
    if (!home) { throw Error(ErrorCode::failed_precondition, "a path starts at the home folder, but HOME is not set"); }
    return path.size() <= 2 ? absolute_path(*home) : absolute_path(*home) / path.substr(2);
  }

  /// The folder of what a server keeps: `LOOM_DATA_DIR`, or `~/.loom` if it is not set. Throws like `expand`.
  [[nodiscard]] std::filesystem::path data_directory() const {
    return expand(get("LOOM_DATA_DIR").value_or("~/.loom"));
  }

 private:
  std::optional<std::map<std::string, std::string>> variables_{};
};

}  // namespace heddle
