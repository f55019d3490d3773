// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/sql/rows.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/stores/detail/first_failure.hpp"

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// Removes the files of a deleted session and runs all hooks, also after a failure; throws the first failure.
void clean_up_session(const std::filesystem::path& artifact_directory, std::same_as<CleanupHooks> auto& hooks,
                      const Context& context, std::string_view user_id, const std::string& id) {
  FirstFailure failure;
  failure.attempt([&] { ArtifactFiles(artifact_directory).remove_session(user_id, id); });
  failure.attempt([&] { hooks.run(context, id); });
  failure.rethrow();
}

/// Does so for sessions of any tenants, and notes the first failure. All files before any hook, which can take long: a
/// server that knows nothing of the removal can begin a session with the same id meanwhile, and its files must stay.
void clean_up_sessions(const std::filesystem::path& artifact_directory, std::same_as<CleanupHooks> auto& hooks,
                       Context context, const std::vector<sql::OwnedId>& removed, FirstFailure& failure) {
  const ArtifactFiles files(artifact_directory);
  for (const sql::OwnedId& session : removed) {
    failure.attempt([&] { files.remove_session(session.user_id, session.id); });
  }
  for (const sql::OwnedId& session : removed) {
    context.user_id = session.user_id;
    failure.attempt([&] { hooks.run(context, session.id); });
  }
}

}  // namespace heddle::stores::detail
