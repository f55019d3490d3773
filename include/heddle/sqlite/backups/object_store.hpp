// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/bytes.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sqlite::backups {

/// The bytes of the files of artifacts in a backup: each once, under their SHA-256, in a folder for its first two
/// digits. An object is never changed, so that a later backup into the same folder cannot damage the one that is there.
class ObjectStore {
 public:
  /// Opens the store of a backup; one that has no objects need not have a folder for them.
  explicit ObjectStore(const stores::detail::OpenFolder& backup) : root_(backup.enter(objects_name)) {}
  /// The same; makes the folder. Removes what an unfinished backup has left.
  static ObjectStore make(const stores::detail::OpenFolder& backup) {
    ObjectStore store(backup.enter_or_make(objects_name));
    store.root_->remove_file(unfinished);
    return store;
  }

  /// Opens an object for reading; returns nothing if it is not there.
  [[nodiscard]] std::optional<detail::files::OpenFile> find(const std::string& checksum) const {
    const auto folder = root_ ? root_->enter(folder_of(checksum)) : std::nullopt;
    return folder ? folder->find_file(checksum) : std::nullopt;
  }

  /// Returns true if the object is there, with this size, and, if all of it is to be checked, with these bytes.
  [[nodiscard]] bool has(const Digest& digest, BackupCheck check, Progress& progress, Counted counted) const {
    auto file = find(digest.checksum);
    if (!file || file->size() != digest.bytes) { return false; }
    if (check == BackupCheck::full) { return digest_of(*file, progress, counted) == digest; }
    progress.add(counted == Counted::yes ? digest.bytes : 0);
    return true;
  }

  /// Copies a file into the store. `accept(digest)` returns whether its bytes, which are in the store only then, are
  /// what they should be. Returns the digest of what was read. What was written is read again: throws `data_loss` if
  /// the disk does not return it.
  template <class Accept>
  Digest add(detail::files::OpenFile& source, Progress& progress, Accept&& accept) {
    Digest digest;
    {
      auto file = root_->make_file(unfinished);
      // What stays of it if this throws is removed by `discard_unfinished`, or by the next backup.
      digest = read_all(source, progress, Counted::yes, [&](std::string_view bytes) { file.write(bytes); });
      if (!accept(digest)) {
        root_->remove_file(unfinished);
        return digest;
      }
      file.sync();
    }
    auto written = root_->find_file(unfinished);
    if (!written || digest_of(*written, progress, Counted::no) != digest) {
      throw Error(ErrorCode::data_loss, "the disk does not return what the backup has written to it");
    }
    give_name(digest, progress);
    return digest;
  }

  /// Removes what a failed `add` has left, so that it needs no room.
  void discard_unfinished() const noexcept {
    try {
      root_->remove_file(unfinished);
    } catch (const Error&) { return; }
  }

  /// Returns when the names of all objects are on the disk, also of those that a killed backup has left.
  void sync() const {
    for (const std::string& name : root_->all_names()) {
      if (const auto folder = root_->enter(name)) { folder->sync(); }
    }
    root_->sync();
  }

  /// Removes the objects that are not among those that `each(keep)` names by calling `keep(checksum)`. Of each name it
  /// keeps some digits in memory only; should another object have the same ones, it stays, too.
  template <class Each>
  void keep_only(Each&& each) const {
    std::vector<std::uint64_t> kept;
    each([&](const std::string& checksum) { kept.push_back(first_digits(checksum)); });
    std::sort(kept.begin(), kept.end());
    for (const std::string& name : root_->all_names()) {
      const bool is_of_objects = name.find_first_not_of("0123456789abcdef") == std::string::npos;
      const auto folder = is_of_objects ? root_->enter(name) : std::nullopt;
      if (!folder) { continue; }
      for (const std::string& object : folder->all_names()) {
        const bool is_kept = is_checksum(object) && std::binary_search(kept.begin(), kept.end(), first_digits(object));
        if (!is_kept) { folder->remove_file(object); }
      }
    }
  }

 private:
  static constexpr const char* unfinished = "unfinished";

  explicit ObjectStore(stores::detail::OpenFolder&& root) : root_(std::move(root)) {}

  void give_name(const Digest& digest, Progress& progress) {
    const auto folder = root_->enter_or_make(folder_of(digest.checksum));
    if (move(folder, digest)) { return; }
    // The backup that is there may need it: it is replaced only if it is damaged.
    if (has(digest, BackupCheck::full, progress, Counted::no)) {
      root_->remove_file(unfinished);
      return;
    }
    folder.remove_file(digest.checksum);
    if (!move(folder, digest)) { throw Error(ErrorCode::unavailable, "a file of the backup cannot get its name"); }
  }

  [[nodiscard]] bool move(const stores::detail::OpenFolder& folder, const Digest& digest) const {
    return root_->move(unfinished, false, folder, digest.checksum) == stores::detail::Moved::yes;
  }

  static std::uint64_t first_digits(const std::string& checksum) {
    std::uint64_t digits = 0;
    std::from_chars(checksum.data(), checksum.data() + 16, digits, 16);
    return digits;
  }

  static std::string folder_of(const std::string& checksum) { return checksum.substr(0, 2); }

  std::optional<stores::detail::OpenFolder> root_;
};

}  // namespace heddle::sqlite::backups
