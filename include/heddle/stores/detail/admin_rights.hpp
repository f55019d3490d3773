// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/error.hpp"

#include "heddle/model/administration.hpp"
#include "heddle/sql/rows.hpp"

#include <concepts>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Without this refusal an administrator whose role sees only some tenants would get their rows as those of all
/// tenants.
inline constexpr Refusal sees_one_tenant{
    ErrorCode::permission_denied, "the role of admin_dsn",
    "does not see all tenants: it must be a member of the role that owns the tables"};

/// Returns the names of the tables for which the role lacks a privilege, separated by commas.
[[nodiscard]] std::string list_lacking(const std::same_as<std::vector<sql::TableRights>> auto& tables,
                                       bool sql::TableRights::*right) {
  std::string names;
  for (const auto& table : tables) {
    if (table.*right) { continue; }
    if (!names.empty()) { names += ", "; }
    names += table.name;
  }
  return names;
}

/// Returns an administrator's permissions, derived from the privileges of a database role.
template <std::same_as<std::vector<sql::TableRights>> Tables = std::vector<sql::TableRights>>
[[nodiscard]] AdminPermissions permissions_of(const Tables& tables) {
  AdminPermissions permissions;
  if (tables.empty()) {
    permissions.problems.emplace_back(
        "the schema has no tables of Heddle, or the administrator's role lacks USAGE on it");
    return permissions;
  }
  const auto complain = [&](std::string_view what, bool sql::TableRights::*right) {
    const std::string names = list_lacking(tables, right);
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
