// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include "heddle/model/administration.hpp"
#include "heddle/sql/rows.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

/// For an administrator who would answer for one tenant, or none, as if these were all.
inline constexpr Refusal sees_one_tenant{
    ErrorCode::permission_denied,
    "the role of admin_dsn does not see all tenants: it has to be a member of the role that owns the tables"};

/// The names of the tables that lack a right, separated by commas.
[[nodiscard]] inline std::string lacking(const std::vector<sql::TableRights>& tables, bool sql::TableRights::*right) {
  std::string names;
  for (const auto& table : tables) {
    if (table.*right) { continue; }
    if (!names.empty()) { names += ", "; }
    names += table.name;
  }
  return names;
}

/// What follows for an administrator from the rights of a database role.
[[nodiscard]] inline AdminPermissions permissions_of(const std::vector<sql::TableRights>& tables) {
  AdminPermissions permissions;
  if (tables.empty()) {
    permissions.problems.emplace_back("the schema has no tables of Heddle, or the administrator's role may not see it");
    return permissions;
  }
  const auto complain = [&](std::string_view what, bool sql::TableRights::*right) {
    const std::string names = lacking(tables, right);
    if (!names.empty()) {
      permissions.problems.push_back(std::string("the administrator's role ").append(what).append(names));
    }
    return names.empty();
  };
  permissions.bypasses_row_security =
      complain("does not see the rows of all tenants in ", &sql::TableRights::unfiltered);
  complain("may not read ", &sql::TableRights::readable);
  complain("may not change and remove rows of ", &sql::TableRights::writable);
  return permissions;
}

}  // namespace heddle::stores::detail
