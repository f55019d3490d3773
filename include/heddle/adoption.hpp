#pragma once

/// @file
/// A `loom.db` of the Go server that Heddle's model comes from becomes a database of Heddle: `adopt_loom_file`. For its
/// schema on PostgreSQL include `heddle/postgres_adoption.hpp`.
///
///     heddle::Backend<heddle::Sqlite> backend({.path = "heddle.db"});
///     backend.migrate();
///     const auto report = heddle::adopt_loom_file(backend, {}, "/home/loom/.loom/loom.db");
///     for (const auto& note : report.left_out) { std::cout << note.table << ": " << note.rows << "\n"; }

#include "heddle/needs_cxx20.hpp"

#include "heddle/adoption/adopter.hpp"
#include "heddle/adoption/loom_file.hpp"
#include "heddle/adoption/survey.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/files/absolute_path.hpp"
#include "heddle/model/adoption.hpp"
#include "heddle/transfer.hpp"

#include <cstdint>
#include <filesystem>

namespace heddle {

/// Returns the version of the schema of a `loom.db`; it is only read. Throws what `adopt_loom_file` throws for a source
/// that it refuses before it stores anything: to be called before a target is made. Damage in rows is not looked for.
[[nodiscard]] inline std::int64_t check_loom_file(const std::filesystem::path& loom_db) {
  adoption::LoomFile source(detail::files::absolute_path(loom_db).string());
  return adoption::check_source(source);
}

/// Stores all that Heddle has a place for of a `loom.db` (versions 1.2.0 to 1.4.0), in any backend or an AnyBackend,
/// for the tenant `default-user`. Ids and times stay; messages have the order in which the Go server replays them; what
/// is soft-deleted stays so; files of artifacts become contents. The report names all else, by table and column.
///
/// The source is only read, in one transaction, and stays byte for byte as it is. The best is to stop the Go server
/// before. Nothing is stored before all of the tenant was read; then it is as with `import_user`: hidden until the last
/// batch, and a call that was interrupted goes on when it is repeated. Afterwards what is stored is compared with what
/// was read. The user of the context is ignored.
///
/// Throws `not_found` if there is no file; `failed_precondition` if it is encrypted, not a `loom.db`, or of a newer
/// schema; `data_loss` if it is damaged; `already_exists` if the tenant has other data; `conflict` if another program
/// has changed the file meanwhile; and what an import throws. Needs a disk for a copy of the tenant.
template <class AnyOrKnown>
AdoptionReport adopt_loom_file(AnyOrKnown& backend, const Context& context, const std::filesystem::path& loom_db,
                               const AdoptionOptions& options = {}) {
  const auto path = detail::files::absolute_path(loom_db);
  adoption::LoomFile source(path.string());
  const auto artifacts =
      options.artifact_directory.empty() ? path.parent_path() / "artifacts" : options.artifact_directory;
  return adoption::Adopter<adoption::LoomFile>(source, artifacts, context, options).run(backend);
}

}  // namespace heddle
