// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/backups/bytes.hpp"
#include "heddle/sqlite/backups/database_copy.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/sqlite/backups/file_list.hpp"
#include "heddle/sqlite/backups/object_store.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace heddle::sqlite::backups {

/// Returns the way to the file of a stored content.
[[nodiscard]] inline std::vector<std::string> names_of(const ContentInFile& content) {
  return stores::detail::ArtifactFiles::content_names(content.user_id,
                                                      stores::detail::content_file_name(content.number));
}

/// Reads a whole backup, and compares it with what it says of itself.
class Verifier {
 public:
  /// All must outlive it.
  Verifier(const BackupFolder& backup, const Description& description, BackupCheck check, Progress& progress)
      : backup_(backup), description_(description), check_(check), progress_(progress), objects_(backup.folder()) {}

  /// Throws `data_loss` for the first thing that is not as it was written.
  void run() {
    const BackupReport& report = description_.report;
    require_known_schema(report.schema);
    progress_.begin(BackupStage::verification, report.database_bytes + report.file_bytes);
    auto file = backup_.folder().find_file(description_.database_name());
    if (!file) { refuse_damaged("its database is missing"); }
    if (digest_of(*file, progress_, Counted::yes) != Digest{description_.database_sha256, report.database_bytes}) {
      refuse_damaged("its database is not the one that was written");
    }
    file.reset();
    FileList list(backup_.folder(), description_);
    DatabaseCopy database(backup_.path_of(description_.database_name()), progress_.context());
    database.verify(check_);
    database.each_content([&](const ContentInFile& content) {
      const auto listed = list.next();
      if (!listed || listed->names != names_of(content) || listed->bytes != content.bytes ||
          (!listed->checksum.empty() && listed->checksum != content.checksum)) {
        refuse_damaged("its list of files is not that of its database");
      }
      check_object(*listed);
    });
    while (const auto listed = list.next()) { check_object(*listed); }
    if (files_ != report.files || left_out_ != report.left_out) { refuse_damaged("its list has not all files"); }
  }

 private:
  void check_object(const ListedFile& listed) {
    if (listed.checksum.empty()) {
      ++left_out_;
      return;
    }
    ++files_;
    if (!objects_.has({listed.checksum, listed.bytes}, check_, progress_, Counted::yes)) {
      refuse_damaged("the file of an artifact is missing or changed: " + listed.checksum);
    }
  }

  const BackupFolder& backup_;
  const Description& description_;
  BackupCheck check_;
  Progress& progress_;
  ObjectStore objects_;
  std::int64_t files_ = 0;
  std::int64_t left_out_ = 0;
};

}  // namespace heddle::sqlite::backups
