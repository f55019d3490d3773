#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/result_settings.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/soft_delete_config.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace heddle::sqlite {

/// What a saved record survives.
enum class Durability {
  full,   ///< a loss of power: it is on the disk before the call returns
  normal  ///< a crash of the process; a loss of power can undo the last saves, but never damages the database
};

/// When the full-text index of messages is filled. A search finds every saved message all the same: what is not in the
/// index yet is searched by itself. Without the write-ahead log it is always filled at once.
enum class Indexing {
  deferred,  ///< behind the saves, in batches: a save does not wait for it
  immediate  ///< in the commit of the save
};

/// How a SQLite database is opened.
struct Config {
  /// The database file, or `:memory:`. It is made if it does not exist; its folder must exist. `~` has no meaning here,
  /// unlike in the configuration of `heddle::open`. While the backend is open, the process must not open the file
  /// except through SQLite, not even for reading: closing such a descriptor drops the locks on the database.
  std::string path{};
  /// Open it for reading only: it is neither made nor marked nor migrated, nothing is done behind the calls, and calls
  /// that would change something throw `failed_precondition`. `wal`, `durability` and `indexing` have no meaning then.
  /// To read a database with a write-ahead log SQLite needs the log and its index (`-wal`, `-shm`) beside it: where
  /// they are missing, because all who wrote have closed it, it makes empty ones and leaves them there.
  bool read_only = false;
  /// With `read_only`: nothing writes to the file as long as it is open, as with a backup or a medium that cannot be
  /// written. Then SQLite takes no locks and makes no files. What is written all the same is read wrongly. A log or
  /// journal that is not empty is refused, as SQLite would not read it.
  bool immutable = false;
  /// Use the write-ahead log, with which reads and writes do not wait for each other. Off: a rollback journal, for file
  /// systems without shared memory.
  bool wal = true;
  /// How long a write waits for a writer of another process before it fails with `unavailable`; at most a day.
  std::chrono::milliseconds busy_timeout{5000};
  Durability durability = Durability::full;
  Indexing indexing = Indexing::deferred;
  /// Number of connections for reading; from 1 to 1000; each serves one call at a time. No effect on
  /// `:memory:`.
  std::size_t readers = 4;
  /// Page cache of each connection in KiB, at least 1.
  std::int64_t cache_kib = 8192;
  /// Bytes of the file that are mapped into memory; 0 for none.
  std::int64_t mmap_bytes = std::int64_t{256} << 20U;
  /// How many bytes the write-ahead log may grow while a visitor of `for_each_message` runs, as it cannot start anew
  /// meanwhile; then the read throws `resource_exhausted`. 0: no bound.
  std::int64_t visitor_log_bytes = std::int64_t{1} << 30U;
  /// How many matches a search ranks, the newest: 1 to 1,000,000. With more, `FoundMessages::considered_all` is false.
  std::int64_t search_candidates = limits::search_candidates;
  /// How many bytes of text a page of records may have; at least 1. A page ends, and `next` goes on, after the item
  /// with which it has as many.
  std::int64_t page_bytes = std::int64_t{64} << 20U;
  /// Overwrite what is deleted or replaced, so that its text leaves all files: rows in the commit, the words of
  /// messages as those of what is redacted, by short transactions behind the calls; see Scrubs. The write-ahead log
  /// keeps it until the next write after that, or until the last connection closes.
  bool secure_delete = false;
  /// The tenant of calls whose Context names none. Empty: such calls fail with `invalid_argument`. At most
  /// `limits::id` bytes of UTF-8.
  std::string default_user_id = "default-user";
  /// The folder for artifact files; no other database may use it. Empty: `path` followed by `-artifacts`. A `:memory:`
  /// database without it has no files.
  std::filesystem::path artifact_directory{};
  /// Where the contents of artifacts are stored. Automatic: in files if there is an artifact directory, the default one
  /// included, else in the database.
  ArtifactContent artifact_content = ArtifactContent::automatic;
  /// How many bytes the contents of one tenant's artifacts may have, unless a quota is set for the tenant; 0: no limit.
  std::int64_t artifact_quota_bytes = 0;
  /// A folder with the migrations to use instead of the built-in ones; see `migrations::load_migrations`.
  std::filesystem::path migration_directory{};
  /// The key to encrypt the file with. Not supported yet: opening fails, and no plain file is made.
  std::string encryption_key{};
  bool encrypt = false;
  QueryBudget query_budget{};  ///< of the queries on results
  /// Whether this backend may read across the tenants of the file, and purge: operations on all tenants throw
  /// `failed_precondition` otherwise. A process that can open the file can read all of it anyway; this is for a program
  /// in which not every backend should.
  bool administer_tenants = false;
  /// Whether sessions can be hidden, and when they are removed then; `enabled` needs `administer_tenants`.
  SoftDeleteConfig soft_delete{};
  ResultSettings results{};
  RetentionConfig retention{};  ///< what is removed by itself because it is old; needs `administer_tenants`
  /// Make a new file so that `compact` can give back its unused space in short steps, and a file that is compacted in
  /// full as well. Each page is then noted in a map of pages: a save that makes the file grow writes a page more.
  bool incremental_vacuum = true;
};

}  // namespace heddle::sqlite
