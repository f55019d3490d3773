#include "command.hpp"

#include <heddle/capabilities.hpp>
#include <heddle/error.hpp>

#include <algorithm>
#include <iostream>
#include <string_view>
#include <tuple>

namespace command {

using heddle::Error;
using heddle::ErrorCode;

std::ostream& Call::out() const { return std::cout; }

const DatabaseName& Call::named_database() const {
  if (settings_.database.name.empty()) { throw Error(ErrorCode::invalid_argument, "name the database: --database"); }
  return settings_.database;
}

heddle::Context Call::tenant(const Database& database) const {
  const std::string& user = settings_.user.empty() ? database.default_user : settings_.user;
  if (user.empty()) { throw Error(ErrorCode::invalid_argument, "name the tenant: --user TENANT"); }
  return context_of(user);
}

std::string Call::other_tenants() const {
  return settings_.user.empty() ? "; --user names another tenant, `heddle tenants` lists them" : "";
}

std::vector<std::string> Call::tenants(Database& database) const {
  const auto administration = heddle::administration(database.backend);
  if (settings_.user.empty() && database.default_user.empty() && !administration) {
    throw Error(ErrorCode::invalid_argument,
                "name the tenant, --user TENANT, or a role that sees all of them, --admin DSN");
  }
  if (!settings_.user.empty() || !administration) { return {tenant(database).user_id}; }
  std::vector<std::string> found;
  for_each_of([&](const heddle::PageRequest& page) { return administration->list_tenants(context(), page); }, 0,
              [&](const std::string& each) { found.push_back(each); });
  return found;
}

std::vector<const Command*>& Command::all_() {
  static std::vector<const Command*> commands;
  return commands;
}

std::vector<const Command*> Command::all() {
  std::vector<const Command*> commands = all_();
  std::sort(commands.begin(), commands.end(), [](const Command* one, const Command* other) {
    return std::tuple(one->group(), std::string_view(one->name())) <
           std::tuple(other->group(), std::string_view(other->name()));
  });
  return commands;
}

}  // namespace command
