#pragma once

#include <doctest/doctest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

/// Snapshots: checked-in files in this folder with what the library sends or stores.
namespace snapshots {

/// Returns the folder of the files.
inline std::filesystem::path folder() { return std::filesystem::absolute(__FILE__).parent_path(); }

/// Returns the bytes of a file; nothing if it cannot be read.
inline std::optional<std::string> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) { return std::nullopt; }
  return std::string{std::istreambuf_iterator<char>(file), {}};
}

/// Returns the texts of all migrations of a dialect.
inline std::vector<std::string> migration_files(const std::string& dialect) {
  std::vector<std::string> texts;
  for (const auto& entry : std::filesystem::directory_iterator(folder() / "../../migrations" / dialect)) {
    texts.push_back(bytes_of(entry.path()).value_or(""));
  }
  return texts;
}

/// The text of a snapshot: paragraphs with their names in the first line.
class Paragraphs {
 public:
  void add(std::string_view name, std::string_view text) {
    if (!text_.empty()) { text_ += '\n'; }
    text_.append("# ").append(name).append("\n").append(text).append("\n");
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string text_;
};

/// Returns the part of a line around a position: statements are long.
inline std::string around(const std::string& line, std::size_t at) {
  constexpr std::size_t before = 40;
  return at <= before ? line : "..." + line.substr(at - before);
}

/// Describes the first difference of two snapshots; empty if they are equal.
inline std::string first_difference(const std::string& expected, const std::string& actual) {
  std::istringstream left(expected);
  std::istringstream right(actual);
  std::string paragraph;
  for (int number = 1;; ++number) {
    std::string wanted;
    std::string found;
    const bool more = static_cast<bool>(std::getline(left, wanted));
    const bool more_found = static_cast<bool>(std::getline(right, found));
    if (!more && !more_found) { return expected == actual ? "" : "the line breaks differ"; }
    if (found.starts_with("# ")) { paragraph = found; }
    if (more == more_found && wanted == found) { continue; }
    const auto where = std::mismatch(wanted.begin(), wanted.end(), found.begin(), found.end());
    const auto at = static_cast<std::size_t>(where.first - wanted.begin());
    return "line " + std::to_string(number) + " (paragraph \"" + paragraph + "\"), from character " +
           std::to_string(at + 1) + " on\n  expected: " + (more ? around(wanted, at) : "the end of the file") +
           "\n  actual:   " + (more_found ? around(found, at) : "the end of the file");
  }
}

/// How a snapshot may change.
enum class Renewal {
  by_command,  ///< HEDDLE_RENEW_SNAPSHOTS=1 in the environment of the test program writes the file anew
  never
};

/// Checks that a text equals the snapshot with this name.
inline void compare(const std::string& name, const std::string& actual, Renewal renewal) {
  const std::filesystem::path path = folder() / name;
  const char* const wish = std::getenv("HEDDLE_RENEW_SNAPSHOTS");
  const bool renew = wish != nullptr && std::string_view(wish) == "1";
  if (renew && renewal == Renewal::by_command) {
    std::ofstream file(path, std::ios::binary | std::ios::trunc);
    file << actual;
    REQUIRE_MESSAGE(file.good(), "cannot write ", path.string());
  }
  const std::optional<std::string> expected = bytes_of(path);
  REQUIRE_MESSAGE(expected.has_value(), "cannot read ", path.string());
  const std::string difference = first_difference(*expected, actual);
  const std::string advice =
      renewal == Renewal::by_command
          ? "If the change is intended, run this test program with HEDDLE_RENEW_SNAPSHOTS=1 and commit the file."
          : "This file is never renewed: databases contain these values. Change the library so that it stores them "
            "again. "
            "A new operation or input gets new paragraphs, which are added to the file by hand.";
  CHECK_MESSAGE(difference.empty(), name, ": ", difference, "\n", advice);
}

}  // namespace snapshots
