#pragma once

#include "heddle/error.hpp"

#include <algorithm>
#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

namespace heddle::detail {

/// An id as one path component that cannot leave its folder: everything but letters, digits, `-` and `_` becomes `%XX`,
/// so that `..`, `/` and the empty id have no meaning, and two ids never share a component.
[[nodiscard]] inline std::string path_component(std::string_view id) {
  constexpr std::string_view hex = "0123456789ABCDEF";
  std::string component;
  for (const char each : id) {
    const auto byte = static_cast<unsigned char>(each);
    const bool plain = (each >= 'a' && each <= 'z') || (each >= 'A' && each <= 'Z') || (each >= '0' && each <= '9') ||
                       each == '-' || each == '_';
    if (plain) {
      component += each;
    } else {
      component.append({'%', hex[byte >> 4U], hex[byte & 15U]});
    }
  }
  // A component of its own, too: an empty one would be the parent folder.
  return component.empty() ? "%" : component;
}

/// The folder tree of artifact files: one folder for each tenant, in it `user`, `temp` and `sessions/<id>`. Without a
/// root there are no files to own, and nothing is removed.
class ArtifactFiles {
 public:
  explicit ArtifactFiles(std::filesystem::path root) : root_(std::move(root)) {}

  /// The folder of everything that a tenant owns.
  [[nodiscard]] std::filesystem::path user_folder(std::string_view user_id) const {
    return root_ / path_component(user_id);
  }

  /// The folder of a session's files.
  [[nodiscard]] std::filesystem::path session_folder(std::string_view user_id, std::string_view session_id) const {
    return user_folder(user_id) / "sessions" / path_component(session_id);
  }

  /// Removes a session's folder with all files in it.
  void remove_session(std::string_view user_id, std::string_view session_id) const {
    if (root_.empty()) { return; }
    std::error_code failure;
    std::filesystem::remove_all(session_folder(user_id, session_id), failure);
    if (failure) { throw Error(ErrorCode::unavailable, "the artifact files of the session could not be removed"); }
  }

  /// Removes one file if it lies in the tenant's folder, links resolved; a file elsewhere is not ours. True if it went.
  bool remove_file(std::string_view user_id, const std::filesystem::path& file) const {
    if (root_.empty() || file.empty()) { return false; }
    std::error_code failure;
    const auto folder = std::filesystem::weakly_canonical(user_folder(user_id), failure);
    if (failure) { return false; }
    const auto parent = std::filesystem::weakly_canonical(file.parent_path(), failure);
    if (failure || file.filename() == "." || file.filename() == "..") { return false; }
    const auto mismatch = std::mismatch(folder.begin(), folder.end(), parent.begin(), parent.end());
    if (mismatch.first != folder.end()) { return false; }
    const auto target = parent / file.filename();
    if (std::filesystem::is_directory(std::filesystem::symlink_status(target, failure))) { return false; }
    return std::filesystem::remove(target, failure);
  }

 private:
  std::filesystem::path root_;
};

}  // namespace heddle::detail
