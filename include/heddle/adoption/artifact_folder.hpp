// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

namespace heddle::adoption {

/// The folder with the files of the source's artifacts.
class SourceFolder {
 public:
  explicit SourceFolder(const std::filesystem::path& folder) {
    std::error_code unknown;
    if (!folder.empty()) { root_ = std::filesystem::canonical(folder, unknown); }
    if (unknown) { root_.clear(); }
  }

  /// Returns the file of a path in the index: the path itself, or the same place in this folder if the data folder was
  /// moved. Nothing if there is no regular file, or if it is not in this folder: the index is data, and must not make
  /// other files of the machine readable for its tenant.
  [[nodiscard]] std::optional<std::filesystem::path> find(const std::string& path) const {
    if (root_.empty() || path.empty()) { return std::nullopt; }
    if (auto file = inside(root_ / path)) { return file; }  // an absolute path replaces the folder
    constexpr std::string_view name = "/artifacts/";
    // The longest place first: in it a folder can have that name, too.
    for (std::size_t at = path.find(name); at != std::string::npos; at = path.find(name, at + 1)) {
      if (auto file = inside(root_ / path.substr(at + name.size()))) { return file; }
    }
    return std::nullopt;
  }

 private:
  [[nodiscard]] std::optional<std::filesystem::path> inside(const std::filesystem::path& path) const {
    std::error_code unknown;
    auto file = std::filesystem::canonical(path, unknown);
    if (unknown || !std::filesystem::is_regular_file(file, unknown)) { return std::nullopt; }
    const auto ends = std::mismatch(root_.begin(), root_.end(), file.begin(), file.end());
    return ends.first == root_.end() ? std::optional(file) : std::nullopt;
  }

  std::filesystem::path root_{};
};

/// Reads a file in pieces of `piece` bytes, the last one shorter; returns its size. Throws `permission_denied` or
/// `unavailable` if it cannot be read.
template <class Visit>
std::int64_t read_file(const std::filesystem::path& path, std::size_t piece, Visit&& visit) {
  detail::files::PlainFile file(path);
  if (!file.stream()) { detail::files::refuse_unreadable_file(); }
  std::vector<char> buffer(piece);
  std::int64_t size = 0;
  for (;;) {
    file.stream().read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    const auto count = static_cast<std::size_t>(file.stream().gcount());
    if (file.stream().bad()) { throw Error(ErrorCode::unavailable, "the file of an artifact cannot be read"); }
    if (count == 0) { return size; }
    size += static_cast<std::int64_t>(count);
    visit(std::string_view(buffer.data(), count));
  }
}

}  // namespace heddle::adoption
