#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <string>

namespace heddle::sqlite {

/// When a saved record is safe.
enum class Durability {
  full,   ///< before the call returns: it survives power loss
  normal  ///< survives a crash of the process; power loss can take the last moments, never the consistency
};

/// How a SQLite database is opened.
struct Config {
  /// The database file, made if it is not there (its folder must be), or `:memory:`. `~` has no meaning here; `open`
  /// expands it in its own configuration. While it is open, the process must not open it past SQLite, not even for
  /// reading: closing such a descriptor drops the locks on the database.
  std::string path{};
  /// Readers work beside the writer only with the write-ahead log. Off: one rollback journal, for file systems without
  /// shared memory.
  bool wal = true;
  /// How long a write waits for a writer of another process before it fails with `unavailable`; at most a day.
  std::chrono::milliseconds busy_timeout{5000};
  Durability durability = Durability::full;
  /// Connections for reading; each serves one call at a time. Without effect on `:memory:`.
  std::size_t readers = 4;
  /// Page cache of each connection in KiB.
  std::int64_t cache_kib = 8192;
  /// Bytes of the file that are mapped into memory; 0 turns mapping off.
  std::int64_t mmap_bytes = std::int64_t{256} << 20U;
  /// The tenant of calls whose Context names none. Empty: such calls are refused.
  std::string default_user_id = "default-user";
  /// The folder in which artifact files lie, of this database alone; empty: `path` with `-artifacts` behind it. A
  /// `:memory:` database without it owns no files.
  std::filesystem::path artifact_directory{};
  /// A folder of migrations to use instead of those that are compiled in; see `migrations::load_migrations`.
  std::filesystem::path migration_directory{};
  /// Encrypt the file with this key. Refused for now: never answered with a plain file.
  std::string encryption_key{};
  bool encrypt = false;
};

}  // namespace heddle::sqlite
