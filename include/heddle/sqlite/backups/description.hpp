// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/stores/detail/open_folder.hpp"
#include "heddle/time.hpp"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::sqlite::backups {

/// The names in the folder of a backup.
inline constexpr const char* description_name = "heddle-backup.txt";
inline constexpr const char* lock_name = "heddle-backup.lock";
inline constexpr const char* objects_name = "objects";
/// How many digits the id of a backup has, in the names of its files.
inline constexpr std::size_t id_digits = 16;

/// The file that makes a folder a whole backup: it names the copy of the database and the list of the files of
/// artifacts, with their digests, and is renamed into place when these are complete. Its text is a line for each
/// member, and the SHA-256 of these lines.
struct Description {
  BackupReport report{};
  std::string id{};               ///< in the names of the files
  std::string database_sha256{};  ///< lower-case hexadecimal, as the next one
  std::string list_sha256{};
  /// The artifact directory of the source, as configured and with its links resolved; empty if it has none.
  std::string artifact_directory{};
  std::string real_artifact_directory{};

  [[nodiscard]] std::string database_name() const { return "database-" + id + ".db"; }
  [[nodiscard]] std::string list_name() const { return "files-" + id + ".txt"; }
};

/// Returns true for a name that the database or the list of a backup has, or a file beside such a database.
[[nodiscard]] inline bool is_name_of_backup(std::string_view name) {
  const auto has_id_after = [&](std::string_view start) {
    const std::string_view id = name.starts_with(start) ? name.substr(start.size()) : std::string_view();
    const std::size_t end = id.find_first_not_of("0123456789abcdef");
    return end == id_digits && id[end] == '.';
  };
  return has_id_after("database-") || has_id_after("files-");
}

/// The version of the format that is written, and the only one that is read.
inline constexpr std::string_view first_line = "heddle backup 1";

namespace description {

/// Calls `number(name, member)` or `text(name, member)` for each member, in the order of the lines.
template <class Members, class Number, class Text>
void visit(Members& members, Number&& number, Text&& text) {
  auto& report = members.report;
  text("id", members.id);
  number("database_bytes", report.database_bytes);
  text("database_sha256", members.database_sha256);
  text("list_sha256", members.list_sha256);
  number("files", report.files);
  number("file_bytes", report.file_bytes);
  number("left_out", report.left_out);
  number("not_found", report.not_found);
  text("artifact_directory", members.artifact_directory);
  text("real_artifact_directory", members.real_artifact_directory);
}

}  // namespace description

/// Returns the text of the file, and sets the checksum of the report.
[[nodiscard]] inline std::string text_of(Description& description) {
  std::string text(first_line);
  const auto line = [&](std::string_view name, const std::string& value) {
    text.append("\n").append(name).append(" ").append(value);
  };
  line("time", std::to_string(microseconds_of(description.report.time)));
  line("schema", std::to_string(description.report.schema));
  description::visit(
      description, [&](std::string_view name, std::int64_t value) { line(name, std::to_string(value)); },
      [&](std::string_view name, const std::string& value) { line(name, detail::files::percent_encode(value)); });
  text += "\n";
  detail::crypto::Sha256 digest;
  digest.update(text);
  description.report.checksum = digest.hex();
  return text.append("sha256 ").append(description.report.checksum).append("\n");
}

/// Reads the text of such a file. Throws `failed_precondition` for a format of a later version, `data_loss` for a text
/// that is damaged.
[[nodiscard]] inline Description read_description(std::string_view text) {
  constexpr const char* what = "its description does not match its digest, or is cut";
  Description found;
  std::string_view rest = text;
  if (const auto first = take_until(rest, '\n'); first != first_line) {
    if (!first.starts_with("heddle backup ")) { refuse_damaged(what); }
    throw Error(ErrorCode::failed_precondition, "the backup has the format of a later version of Heddle");
  }
  const auto value_of = [&](std::string_view name) {
    std::string_view line = take_until(rest, '\n');
    if (take_until(line, ' ') != name) { refuse_damaged(what); }
    return line;
  };
  const auto number_of = [&](std::string_view name) {
    const auto number = number_in(value_of(name));
    if (!number) { refuse_damaged(what); }
    return *number;
  };
  found.report.time = Timestamp(std::chrono::microseconds(number_of("time")));
  const std::int64_t schema = number_of("schema");
  if (schema > std::numeric_limits<std::int32_t>::max()) { refuse_damaged(what); }
  found.report.schema = static_cast<std::int32_t>(schema);
  description::visit(
      found, [&](std::string_view name, std::int64_t& value) { value = number_of(name); },
      [&](std::string_view name, std::string& value) {
        auto decoded = percent_decode(value_of(name));
        if (!decoded) { refuse_damaged(what); }
        value = std::move(*decoded);
      });
  const std::string_view covered = text.substr(0, text.size() - rest.size());
  found.report.checksum = value_of("sha256");
  detail::crypto::Sha256 digest;
  digest.update(covered);
  if (!rest.empty() || !text.ends_with('\n') || digest.hex() != found.report.checksum) { refuse_damaged(what); }
  // A name of a file is made of it.
  if (found.id.size() != id_digits || found.id.find_first_not_of("0123456789abcdef") != std::string::npos) {
    refuse_damaged(what);
  }
  return found;
}

/// Reads the description of a backup; nothing if its folder has none.
[[nodiscard]] inline std::optional<Description> find_description(const stores::detail::OpenFolder& folder) {
  auto file = folder.find_file(description_name);
  if (!file) { return std::nullopt; }
  constexpr std::size_t longest = std::size_t{1} << 16U;
  std::string text;
  std::array<char, 4096> buffer{};
  for (std::size_t count = file->read(buffer); count != 0; count = file->read(buffer)) {
    text.append(buffer.data(), count);
    if (text.size() > longest) { refuse_damaged("its description is too long"); }
  }
  return read_description(text);
}

}  // namespace heddle::sqlite::backups
