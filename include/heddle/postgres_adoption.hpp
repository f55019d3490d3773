#pragma once

/// @file
/// The schema of the Go server on PostgreSQL becomes a database of Heddle: `adopt_loom_schema`.

#include "heddle/needs_cxx20.hpp"

#include "heddle/adoption/adopter.hpp"
#include "heddle/adoption/survey.hpp"
#include "heddle/context.hpp"
#include "heddle/model/adoption.hpp"
#include "heddle/postgres/adoption/loom_schema.hpp"
#include "heddle/transfer.hpp"

#include <cstdint>
#include <string>

namespace heddle {

/// The same as `check_loom_file` for a schema on PostgreSQL. Throws `permission_denied` for a role that may not read a
/// table of tenants, or that row security hides some from.
[[nodiscard]] inline std::int64_t check_loom_schema(const Context& context, const std::string& dsn,
                                                    const std::string& schema = "public") {
  postgres::adoption::LoomSchema source(dsn, schema, context);
  return heddle::adoption::check_source(source);
}

/// The same as `adopt_loom_file` for a schema of the Go server on PostgreSQL (its migrations 9 to 23), with all of its
/// tenants, one after the other. Reads them in one read-only transaction, so in the state of one moment. `dsn` is of a
/// role that may read all tenants: a superuser, or one with BYPASSRLS and SELECT on the tables. Files of artifacts are
/// taken along if the options name their folder.
///
/// Throws `permission_denied` for a role that row security hides tenants from; else see there. A call that was
/// interrupted goes on when it is repeated, if the source was not written meanwhile.
template <class AnyOrKnown>
AdoptionReport adopt_loom_schema(AnyOrKnown& backend, const Context& context, const std::string& dsn,
                                 const AdoptionOptions& options = {}) {
  postgres::adoption::LoomSchema source(dsn, options.schema, context);
  return adoption::Adopter<postgres::adoption::LoomSchema>(source, options.artifact_directory, context, options)
      .run(backend);
}

}  // namespace heddle
