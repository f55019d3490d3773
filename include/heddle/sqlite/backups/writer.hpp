// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/error.hpp"
#include "heddle/model/backup.hpp"
#include "heddle/sqlite/backups/backup_folder.hpp"
#include "heddle/sqlite/backups/backup_hold.hpp"
#include "heddle/sqlite/backups/bytes.hpp"
#include "heddle/sqlite/backups/database_copy.hpp"
#include "heddle/sqlite/backups/description.hpp"
#include "heddle/sqlite/backups/file_list.hpp"
#include "heddle/sqlite/backups/object_store.hpp"
#include "heddle/sqlite/backups/text_file.hpp"
#include "heddle/sqlite/backups/verifier.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/time.hpp"

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <system_error>

namespace heddle::sqlite::backups {

/// Makes a backup of an open database, and of the files of its artifacts, in a folder.
template <class Policy>
class BackupWriter {
  using Engine = typename Policy::Engine;

 public:
  /// All must outlive it.
  BackupWriter(Engine& engine, const Call& call, const std::filesystem::path& folder, const BackupOptions& options)
      : engine_(engine),
        call_(call),
        options_(options),
        root_(plain_path(engine.artifact_directory())),
        files_(root_),
        backup_(BackupFolder::make(folder, root_)),
        objects_(ObjectStore::make(backup_.folder())),
        progress_(call.context, options.on_progress) {}

  /// The description is the last file, so that an unfinished backup has none, or that of the one before. Nothing that
  /// the one before needs is changed until then.
  BackupReport run() {
    try {
      begin();
      copy();
      verify();
      complete();
    } catch (...) {
      if (may_be_complete_) { throw; }
      for (const auto& name : {description_.database_name(), description_.list_name()}) { remove_quietly(name); }
      objects_.discard_unfinished();
      throw;
    }
    remove_former();
    return description_.report;
  }

 private:
  static constexpr const char* new_description = "heddle-backup.new";

  /// A backup of a later version is not replaced by one of this version; a damaged one is. What backups have left that
  /// were killed would need room.
  void begin() const {
    try {
      const auto former = find_description(backup_.folder());
      remove_all_but(former ? *former : Description{});
    } catch (const Error& error) {
      if (error.code() != ErrorCode::data_loss) { throw; }
    }
  }

  void copy() {
    description_.report.time = now();
    description_.id = detail::crypto::random_hex(id_digits);
    describe_root();
    // Before the database is copied: see kept_files.hpp.
    const BackupHold hold(root_, call_.context);
    progress_.begin(BackupStage::database, 0);
    const auto path = backup_.path_of(description_.database_name());
    const auto report = [&](std::int64_t bytes, std::int64_t total) { progress_.reach(bytes, total); };
    if constexpr (requires { engine_.back_up(call_, path, report); }) {
      engine_.back_up(call_, path, report);
    } else {
      engine_.back_up(call_, path);
    }
    DatabaseCopy database(path, call_.context);
    description_.report.schema = database.schema();
    require_known_schema(description_.report.schema);
    progress_.begin(BackupStage::files, database.bytes_in_files());
    TextWriter list(backup_.folder(), description_.list_name());
    database.each_content([&](const ContentInFile& content) { add_content(hold, list, content); });
    database.each_path([&](const std::string& user_id, const std::string& path_of_row) {
      add_file(hold, list, user_id, path_of_row);
    });
    description_.list_sha256 = list.finish();
    objects_.sync();
  }

  void describe_root() {
    std::error_code unknown;
    description_.artifact_directory = root_.string();
    description_.real_artifact_directory =
        root_.empty() ? std::string() : std::filesystem::canonical(root_, unknown).string();
    // It need not exist.
    if (unknown) { description_.real_artifact_directory = description_.artifact_directory; }
  }

  void add_content(const BackupHold& hold, TextWriter& list, const ContentInFile& content) {
    const Digest wanted{content.checksum, content.bytes};
    ListedFile listed{content.checksum, content.bytes, names_of(content)};
    BackupReport& report = description_.report;
    if (!objects_.has(wanted, options_.check, progress_, Counted::yes)) {
      auto source = hold.find_file(listed.names);
      const bool is_intact =
          source && objects_.add(*source, progress_, [&](const Digest& found) { return found == wanted; }) == wanted;
      if (is_intact) {
        ++report.copied_files;
        report.copied_bytes += content.bytes;
      } else {
        require_known(content);
        leave_out(listed, source.has_value());
      }
    }
    list.line(line_of(listed));
    if (listed.checksum.empty()) { return; }
    ++report.files;
    report.file_bytes += listed.bytes;
  }

  void leave_out(ListedFile& listed, bool is_damaged) {
    if (!options_.leave_out_damaged) {
      throw Error(ErrorCode::data_loss, std::string("the bytes of an artifact's content are ") +
                                            (is_damaged ? "not those that were stored" : "missing") + ": file " +
                                            listed.names.back() + "; set leave_out_damaged for a backup without them");
    }
    ++description_.report.left_out;
    listed.checksum.clear();
  }

  /// Throws `conflict` if the content was removed meanwhile, by a program that does not know that a backup runs.
  void require_known(const ContentInFile& content) {
    const auto& statements = stores::detail::content_statements<Policy>();
    auto work = [&](auto& tx) { return tx.one(statements.exists, content.user_id, content.number); };
    if (engine_.read(call_, work)) { return; }
    throw Error(ErrorCode::conflict,
                "a content was removed while the backup was made, by the erasure of its tenant, by a program of an "
                "earlier version or by hand: back up again");
  }

  /// Adds a file that a program has written itself. It is copied as it is now.
  void add_file(const BackupHold& hold, TextWriter& list, const std::string& user_id, const std::string& path) {
    ListedFile listed{.names = files_.names_of(user_id, path)};
    auto source = listed.names.size() < 2 ? std::nullopt : hold.find_file(listed.names);
    BackupReport& report = description_.report;
    if (!source) {
      ++report.not_found;
      return;
    }
    Digest digest = digest_of(*source, progress_, Counted::no);
    progress_.expect(digest.bytes);
    if (!objects_.has(digest, options_.check, progress_, Counted::yes)) {
      // From its start again.
      source = hold.find_file(listed.names);
      if (!source) {
        ++report.not_found;
        return;
      }
      digest = objects_.add(*source, progress_, [](const Digest& /*found*/) { return true; });
      ++report.copied_files;
      report.copied_bytes += digest.bytes;
    }
    listed.checksum = digest.checksum;
    listed.bytes = digest.bytes;
    list.line(line_of(listed));
    ++report.files;
    report.file_bytes += digest.bytes;
  }

  /// The objects were read again one by one; so are the database and the list here.
  void verify() {
    progress_.begin(BackupStage::verification, 0);
    auto file = backup_.folder().find_file(description_.database_name());
    if (!file) { refuse_damaged("its database is missing"); }
    progress_.expect(file->size());
    const Digest digest = digest_of(*file, progress_, Counted::yes);
    file.reset();
    description_.database_sha256 = digest.checksum;
    description_.report.database_bytes = digest.bytes;
    DatabaseCopy(backup_.path_of(description_.database_name()), call_.context).verify(options_.check);
    FileList list(backup_.folder(), description_);
    while (list.next()) {}
  }

  void complete() {
    const auto& folder = backup_.folder();
    folder.remove_file(new_description);
    const std::string text = text_of(description_);
    {
      auto file = folder.make_file(new_description);
      file.write(text);
      file.sync();
    }
    folder.sync();
    call_.context.check();
    // A call that fails may have renamed it all the same: the files that it names stay from now on.
    may_be_complete_ = true;
    folder.rename(new_description, description_name);
    folder.sync();
  }

  /// Removes what this backup does not need. If that fails, the backup is complete all the same, and the next one tries
  /// again.
  void remove_former() const {
    try {
      remove_all_but(description_);
      objects_.keep_only([&](auto&& keep) {
        FileList list(backup_.folder(), description_);
        while (const auto listed = list.next()) {
          if (!listed->checksum.empty()) { keep(listed->checksum); }
        }
      });
    } catch (const Error&) { return; }
  }

  /// Removes the databases and lists of other backups.
  void remove_all_but(const Description& kept) const {
    for (const std::string& name : backup_.folder().all_names()) {
      const bool is_kept = name == kept.database_name() || name == kept.list_name();
      if (!is_kept && is_name_of_backup(name)) { remove_quietly(name); }
    }
  }

  void remove_quietly(const std::string& name) const {
    try {
      backup_.folder().remove_file(name);
    } catch (const Error&) { return; }
  }

  Engine& engine_;
  const Call& call_;
  const BackupOptions& options_;
  std::filesystem::path root_;
  stores::detail::ArtifactFiles files_;
  BackupFolder backup_;
  ObjectStore objects_;
  Progress progress_;
  Description description_{};
  bool may_be_complete_ = false;
};

}  // namespace heddle::sqlite::backups
