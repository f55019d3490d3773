// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/cleanup_hooks.hpp"
#include "heddle/stores/detail/first_failure.hpp"

#include <concepts>
#include <filesystem>
#include <string>
#include <string_view>

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

}  // namespace heddle::stores::detail
