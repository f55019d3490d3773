#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/options.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Descriptions of files, on any backend. Satisfies ArtifactStorage, which says what each operation means. Safe to use
/// from many threads.
template <class Policy, class Tracer>
class ArtifactStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  explicit ArtifactStore(Gateway& gateway) : gateway_(gateway) {}

  /// Inserts an artifact or updates it; returns its id.
  std::string index(const Context& context, const Artifact& artifact, const WriteOptions& options = {});
  /// Returns the artifact of this id; nothing if there is none.
  [[nodiscard]] std::optional<Artifact> get(const Context& context, const std::string& id);
  /// Returns the newest artifact of this name in a session, or among those without one; nothing if there is none.
  [[nodiscard]] std::optional<Artifact> get_by_name(const Context& context, const std::string& name,
                                                    const std::optional<std::string>& session_id = {});
  /// Returns the artifacts that pass the filter, newest first.
  [[nodiscard]] Page<Artifact> list(const Context& context, const ArtifactFilter& filter = {},
                                    const PageRequest& request = {});
  /// Returns artifacts that match, best first; 20 if the request names no limit.
  [[nodiscard]] Page<Artifact> search(const Context& context, const std::string& query,
                                      const PageRequest& request = {});
  /// Updates an artifact; false if there is none of this id.
  bool update(const Context& context, const Artifact& artifact, const WriteOptions& options = {});
  /// Deletes an artifact; false if there was none.
  bool remove(const Context& context, const std::string& id, DeleteMode mode, const WriteOptions& options = {});
  /// Counts an access to the artifact's file; false if there is no such artifact.
  bool record_access(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Returns the tenant's artifacts in numbers.
  [[nodiscard]] ArtifactStatistics statistics(const Context& context);
  /// Returns where a new file belongs; makes no folder. Throws `failed_precondition` if the backend has no artifact
  /// directory.
  [[nodiscard]] std::filesystem::path folder(const Context& context, ArtifactFolder kind,
                                             const std::optional<std::string>& session_id = {});

 private:
  Gateway& gateway_;
};

}  // namespace heddle
