// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_file.hpp"
#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sqlite::backups {

/// A file of an artifact directory: the list of a backup has a line for each, first for the stored contents by tenant
/// and number, then for other files.
struct ListedFile {
  std::string checksum{};  ///< SHA-256, lower-case hexadecimal; empty: the backup lacks the bytes
  std::int64_t bytes = 0;
  std::vector<std::string> names{};  ///< the way to it from the artifact directory

  friend bool operator==(const ListedFile&, const ListedFile&) = default;
};

/// Returns the line of a file.
[[nodiscard]] inline std::string line_of(const ListedFile& file) {
  std::string line = (file.checksum.empty() ? "-" : file.checksum) + " " + std::to_string(file.bytes) + " ";
  for (const std::string& name : file.names) { line.append(detail::files::percent_encode(name)).append(1, '/'); }
  line.pop_back();
  return line;
}

/// Reads a line; throws `data_loss` for one that is not written so.
[[nodiscard]] inline ListedFile read_line(std::string_view line) {
  constexpr const char* what = "the list of its files has a line that is none";
  ListedFile file;
  const std::string_view checksum = take_until(line, ' ');
  if (checksum != "-") { file.checksum = checksum; }
  const auto bytes = number_in(take_until(line, ' '));
  if (!bytes || (checksum != "-" && !is_checksum(checksum)) || line.empty()) { refuse_damaged(what); }
  file.bytes = *bytes;
  while (!line.empty()) {
    auto name = percent_decode(take_until(line, '/'));
    // A restore makes files of these names.
    const bool is_name = name && !name->empty() && *name != "." && *name != ".." &&
                         name->find('/') == std::string::npos && name->find('\0') == std::string::npos;
    if (!is_name) { refuse_damaged(what); }
    file.names.push_back(std::move(*name));
  }
  // The first is the folder of a tenant, which begins with no dot: other names in an artifact directory do.
  if (file.names.size() < 2 || file.names.front().front() == '.') { refuse_damaged(what); }
  return file;
}

/// Reads the list of a backup, file by file.
class FileList {
 public:
  /// `folder` and `description` must outlive it. Throws `data_loss` if there is no list.
  FileList(const stores::detail::OpenFolder& folder, const Description& description)
      : description_(description), text_(open(folder, description)) {}

  /// Returns the next file; nothing at the end. Throws `data_loss` if the list is damaged.
  [[nodiscard]] std::optional<ListedFile> next() {
    const auto line = text_.next();
    if (line) { return read_line(*line); }
    if (text_.checksum() != description_.list_sha256) { refuse_damaged("the list of its files"); }
    return std::nullopt;
  }

 private:
  static detail::files::OpenFile open(const stores::detail::OpenFolder& folder, const Description& description) {
    auto file = folder.find_file(description.list_name());
    if (!file) { refuse_damaged("the list of its files is missing"); }
    return std::move(*file);
  }

  const Description& description_;
  TextReader text_;
};

}  // namespace heddle::sqlite::backups
