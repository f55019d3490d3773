// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/detail/files/percent_encode.hpp"
#include "heddle/error.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/stores/detail/kept_files.hpp"
#include "heddle/stores/detail/open_folder.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <iterator>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

namespace heddle::stores::detail {

/// Returns an id as one path component that cannot leave its folder: `..`, `/` and the empty id have no special
/// meaning, and different ids have different components. A component that is too long for some file systems is replaced
/// by a digest.
[[nodiscard]] inline std::string path_component(std::string_view id) {
  constexpr std::size_t longest = 128;
  std::string component = heddle::detail::files::percent_encode(id);
  // No other component contains two percent signs in a row.
  if (component.size() > longest) { return "%%" + heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(id))); }
  // The empty id needs a component too: an empty one would be the parent folder.
  return component.empty() ? "%" : component;
}

/// The folder tree of artifact files: one folder for each tenant, with `user`, `temp` and `sessions/<id>` in it.
/// Without a root it owns no files and removes nothing. It follows no link below the root, so that a program that can
/// write into one folder cannot redirect it to another. A template only so that files that do not use it do not compile
/// it.
template <class Path>
class BasicArtifactFiles {
 public:
  explicit BasicArtifactFiles(const Path& root)
      : root_(root.empty() ? root : heddle::detail::files::absolute_path(root).lexically_normal()) {}

  /// Returns the folder of everything that a tenant owns.
  [[nodiscard]] std::filesystem::path user_folder(std::string_view user_id) const {
    return root_ / path_component(user_id);
  }

  /// Returns the folder of a session's files.
  [[nodiscard]] std::filesystem::path session_folder(std::string_view user_id, std::string_view session_id) const {
    return user_folder(user_id) / sessions / path_component(session_id);
  }

  /// Returns the folder for new files of a kind; creates nothing. Throws `invalid_argument` for a kind that does not
  /// exist with, or without, a session, and `failed_precondition` without a root.
  [[nodiscard]] std::filesystem::path folder(std::string_view user_id, ArtifactFolder kind,
                                             const std::optional<std::string>& session_id) const {
    const std::string_view name = to_string(kind);
    if (name.empty()) { validation::refuse("folder", "is not a valid enumerator"); }
    if (session_id && kind == ArtifactFolder::temp) { validation::refuse("folder", "must not be temp with a session"); }
    if (!session_id && kind != ArtifactFolder::temp && kind != ArtifactFolder::user) {
      validation::refuse("session_id", "must be given: this folder belongs to a session");
    }
    require_root();
    return (session_id ? session_folder(user_id, *session_id) : user_folder(user_id)) / name;
  }

  /// Removes a session's folder with all files in it. Throws `permission_denied` or `unavailable` if that fails. While
  /// a backup runs, this, `remove_file` and `remove_content` leave what they remove to its end; see `keep_for_backup`.
  void remove_session(std::string_view user_id, std::string_view session_id) const {
    const std::vector<std::string> way{path_component(user_id), sessions};
    const std::string name = path_component(session_id);
    const auto folder = open(way);
    if (folder && !keep(way, *folder, name, true)) { folder->remove_tree(name); }
  }

  /// Removes the folder of a tenant with all files in it, and returns when that is on the disk. Throws as
  /// `remove_session` does.
  void remove_user(std::string_view user_id) const {
    const std::string name = path_component(user_id);
    if (const auto folder = open({})) {
      if (!keep({}, *folder, name, true)) { folder->remove_tree(name); }
      folder->sync();
    }
  }

  /// Removes one file, or link, if it is in the tenant's folder; returns true if it was removed. Returns false for a
  /// folder, for a path that passes through a link or `..`, and for a file outside of the tenant's folder. A relative
  /// path starts at the process's working folder. Throws `permission_denied` or `unavailable` if a file of the tenant
  /// cannot be removed, `failed_precondition` if the working folder of a relative path no longer exists.
  bool remove_file(std::string_view user_id, const std::filesystem::path& file) const {
    const auto names = names_of(user_id, file);
    if (names.size() < 2) { return false; }
    return remove({names.begin(), std::prev(names.end())}, names.back());
  }

  /// Removes the file of a stored content; returns true if it was removed.
  bool remove_content(std::string_view user_id, const std::string& name) const {
    return remove({path_component(user_id), contents_name}, name);
  }

  /// Returns the names that lead from the root to the file of a stored content.
  [[nodiscard]] static std::vector<std::string> content_names(std::string_view user_id, const std::string& name) {
    return {path_component(user_id), contents_name, name};
  }

  /// Returns the names that lead from the root to a file of a tenant; none if its path does not lead there, or leads to
  /// a stored content.
  [[nodiscard]] std::vector<std::string> names_of(std::string_view user_id, const std::filesystem::path& file) const {
    if (root_.empty() || file.empty()) { return {}; }
    const auto path = heddle::detail::files::absolute_path(file);
    if (std::find(path.begin(), path.end(), "..") != path.end()) { return {}; }
    auto names = names_below(user_folder(user_id), path.lexically_normal());
    if (names.empty()) {
      // The caller may have resolved links above the root, which are trusted.
      std::error_code failure;
      const auto real_root = std::filesystem::canonical(root_, failure);
      if (failure) { return {}; }
      names = names_below(real_root / path_component(user_id), path.lexically_normal());
    }
    if (names.empty() || names.back().empty() || names.front() == contents_name) { return {}; }
    names.insert(names.begin(), path_component(user_id));
    return names;
  }

  /// Opens a file in the tenant's folder for reading; returns nothing in the cases in which `remove_file` returns
  /// false, and for what is not a regular file.
  [[nodiscard]] std::optional<heddle::detail::files::OpenFile> find_file(std::string_view user_id,
                                                                         const std::filesystem::path& file) const {
    const auto names = names_of(user_id, file);
    if (names.size() < 2) { return std::nullopt; }
    const auto folder = open({names.begin(), std::prev(names.end())});
    return folder ? folder->find_file(names.back()) : std::nullopt;
  }

  /// Returns the folder for the contents of a tenant's artifacts, which is none of the folders for files; nothing if it
  /// does not exist.
  [[nodiscard]] std::optional<OpenFolder> contents(std::string_view user_id) const {
    return open({path_component(user_id), contents_name});
  }
  /// The same; makes it if it does not exist. Throws `failed_precondition` without a root.
  [[nodiscard]] OpenFolder make_contents(std::string_view user_id) const {
    require_root();
    std::error_code failure;
    std::filesystem::create_directories(root_, failure);
    auto root = OpenFolder::at(root_);
    if (!root) { throw Error(ErrorCode::permission_denied, "the artifact directory cannot be made"); }
    return root->enter_or_make(path_component(user_id)).enter_or_make(contents_name);
  }

 private:
  static constexpr const char* sessions = "sessions";
  static constexpr const char* contents_name = "contents";

  void require_root() const {
    if (root_.empty()) {
      throw Error(ErrorCode::failed_precondition,
                  "the backend has no artifact directory: set artifact_directory in its configuration");
    }
  }

  bool remove(const std::vector<std::string>& way, const std::string& name) const {
    const auto folder = open(way);
    return folder && (keep(way, *folder, name, false) || folder->remove_file(name));
  }

  /// Moves a file or a folder out of the way if a backup may need it; returns false if it is to be removed.
  [[nodiscard]] bool keep(const std::vector<std::string>& way, const OpenFolder& folder, const std::string& name,
                          bool is_folder) const {
    const auto root = OpenFolder::at(root_);
    return root && keep_for_backup(*root, way, folder, name, is_folder);
  }

  /// Returns the names that lead from a folder to a path in it; none if the path is not in it.
  static std::vector<std::string> names_below(const std::filesystem::path& folder, const std::filesystem::path& path) {
    const auto end = std::mismatch(folder.begin(), folder.end(), path.begin(), path.end());
    std::vector<std::string> names;
    if (end.first == folder.end()) { names.assign(end.second, path.end()); }
    return names;
  }

  /// Returns the folder that these names lead to from the root, without following a link; nothing if it does not exist.
  [[nodiscard]] std::optional<OpenFolder> open(const std::vector<std::string>& names) const {
    if (root_.empty()) { return std::nullopt; }
    auto folder = OpenFolder::at(root_);
    for (const auto& name : names) {
      if (folder) { folder = folder->enter(name); }
    }
    return folder;
  }

  Path root_;
};

using ArtifactFiles = BasicArtifactFiles<std::filesystem::path>;

}  // namespace heddle::stores::detail
