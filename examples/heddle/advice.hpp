#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace command {

/// Returns a message of the library with what is to be typed, where it names what is to be called.
[[nodiscard]] inline std::string advice_of(std::string message) {
  using Words = std::pair<std::string_view, std::string_view>;
  static constexpr std::array<Words, 6> words{
      Words{"call migrate() first", "run `heddle migrate` first"},
      Words{"call migrate()", "run `heddle migrate`"},
      Words{"import with on_conflict = skip, into another tenant, or remove the data first",
            "leave out what is there by --skip, import into another tenant, or erase this one first"},
      Words{"set into_other_tenant to import it into this one",
            "name that one with --user, or say --into-other-tenant to import it into this one"},
      Words{"set migration_dsn or admin_dsn (heddle::open reads LOOM_PG_ADMIN_DSN) to another role",
            "name another role by --admin (for the target of a copy --target-admin)"},
      Words{"migrations/postgres_roles.sql creates both roles", "`heddle roles` prints the SQL that creates both"}};
  for (const auto& [call, typed] : words) {
    const std::size_t at = message.find(call);
    if (at != std::string::npos) { message.replace(at, call.size(), typed); }
  }
  return message;
}

}  // namespace command
