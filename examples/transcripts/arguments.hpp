#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The arguments of the program.
struct Arguments {
  std::string database = "transcripts.db";  ///< the SQLite file
  std::string postgres{};                   ///< if not empty, the PostgreSQL connection string to use instead
  std::string admin{};                      ///< the same for the role that migrates
  std::string transcripts = TRANSCRIPTS_FILE;
};

inline constexpr const char* usage =
    "usage: transcripts [DATABASE [TRANSCRIPTS]]\n"
    "       transcripts --postgres DSN [--admin DSN] [TRANSCRIPTS]\n";

/// Returns the arguments; nothing if they are invalid.
[[nodiscard]] inline std::optional<Arguments> read_arguments(int count, char** values) {
  Arguments arguments;
  std::vector<std::string> files;
  for (int index = 1; index < count; ++index) {
    const std::string_view word = values[index];
    if (word == "--postgres" || word == "--admin") {
      if (++index == count || *values[index] == '\0') { return std::nullopt; }
      (word == "--postgres" ? arguments.postgres : arguments.admin) = values[index];
    } else if (word.starts_with('-')) {
      return std::nullopt;
    } else {
      files.emplace_back(word);
    }
  }
  const bool is_file = arguments.postgres.empty();
  const std::size_t most = is_file ? 2 : 1;
  if (files.size() > most || (is_file && !arguments.admin.empty())) { return std::nullopt; }
  if (files.size() == most) { arguments.transcripts = files.back(); }
  if (is_file && !files.empty()) { arguments.database = files.front(); }
  return arguments;
}
