// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/backups/bytes.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/sqlite/backups/file_list.hpp"
#include "heddle/sqlite/backups/moved_paths.hpp"
#include "heddle/sqlite/backups/object_store.hpp"
#include "heddle/sqlite/backups/restore_place.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/sqlite/backups/verifier.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::sqlite::backups {

/// Makes a database, and the files of its artifacts, of a backup.
class Restorer {
 public:
  /// All must outlive it.
  Restorer(const std::filesystem::path& folder, const RestorePlace& place, const Context& context,
           const RestoreOptions& options)
      : backup_(BackupFolder::open(folder)),
        description_(backup_.description()),
        options_(options),
        progress_(context, options.on_progress),
        objects_(backup_.folder()),
        place_(place, description_.report.checksum) {}

  /// The database gets its name last: before that there is none at its place.
  RestoreReport run() {
    Verifier(backup_, description_, options_.check, progress_).run();
    place_.take();
    RestoreReport report{.backup = description_.report, .resumed = place_.is_resumed()};
    restore_files();
    restore_database();
    report.moved_paths = move_paths();
    place_.complete();
    return report;
  }

 private:
  void restore_database() {
    const BackupReport& report = description_.report;
    progress_.begin(BackupStage::database, report.database_bytes);
    auto source = backup_.folder().find_file(description_.database_name());
    if (!source) { refuse_damaged("its database is missing"); }
    copy(*source, place_.database_folder(), place_.unfinished_database(),
         {description_.database_sha256, report.database_bytes});
  }

  void restore_files() {
    progress_.begin(BackupStage::files, description_.report.file_bytes);
    FileList list(backup_.folder(), description_);
    while (const auto listed = list.next()) {
      if (!listed->checksum.empty()) { restore_file(*listed); }
    }
  }

  void restore_file(const ListedFile& listed) {
    std::optional<stores::detail::OpenFolder> folder;
    for (std::size_t index = 0; index + 1 < listed.names.size(); ++index) {
      auto next = (folder ? *folder : place_.files()).enter_or_make(listed.names[index]);
      folder.emplace(std::move(next));
    }
    const stores::detail::OpenFolder& target = folder ? *folder : place_.files();
    const std::string& wanted = listed.names.back();
    const Digest digest{listed.checksum, listed.bytes};
    if (place_.is_resumed()) {
      auto file = target.find_file(wanted);
      if (file && digest_of(*file, progress_, Counted::yes) == digest) {
        target.sync();
        return;
      }
    }
    auto source = objects_.find(listed.checksum);
    if (!source) { refuse_damaged("the file of an artifact is missing: " + listed.checksum); }
    // All new files of the folder are its own, so this name is free but for what an interrupted restore has left.
    const std::string unfinished = RestoredPlace::unfinished_file;
    place_.files().remove_file(unfinished);
    copy(*source, place_.files(), unfinished, digest);
    // So is what has the name: two artifacts with one path, or bytes that an interrupted restore has written.
    target.remove_file(wanted);
    if (place_.files().move(unfinished, false, target, wanted) != stores::detail::Moved::yes) {
      throw Error(ErrorCode::unavailable, "a restored file of an artifact cannot get its name");
    }
    target.sync();
  }

  /// Copies to a new file, which is on the disk then.
  void copy(detail::files::OpenFile& source, const stores::detail::OpenFolder& folder, const std::string& name,
            const Digest& wanted) {
    auto target = folder.make_file(name);
    const Digest digest =
        read_all(source, progress_, Counted::yes, [&](std::string_view bytes) { target.write(bytes); });
    if (digest != wanted) { refuse_damaged("a file changed while it was restored"); }
    target.sync();
  }

  /// Paths of artifacts lead to the artifact directory of the source.
  std::int64_t move_paths() {
    if (description_.artifact_directory.empty()) { return 0; }
    return MovedPaths(place_.path_of_unfinished_database(), place_.artifact_directory(),
                      {description_.artifact_directory, description_.real_artifact_directory})
        .run(progress_.context());
  }

  BackupFolder backup_;
  Description description_;
  const RestoreOptions& options_;
  Progress progress_;
  ObjectStore objects_;
  RestoredPlace place_;
};

}  // namespace heddle::sqlite::backups
