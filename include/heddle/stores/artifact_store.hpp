#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/options.hpp"

#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Descriptions of files, on any backend. Satisfies ArtifactStorage, which specifies each operation. Many threads may
/// use it.
template <class Policy, class Tracer>
class ArtifactStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  explicit ArtifactStore(Gateway& gateway) : gateway_(gateway) {}

  /// Inserts an artifact, or replaces it if it still has the revision at which it was loaded; returns its id.
  std::string index(const Context& context, const Artifact& artifact, const WriteOptions& options = {});
  /// Returns the artifact with this id; nothing if it does not exist.
  [[nodiscard]] std::optional<Artifact> get(const Context& context, const std::string& id);
  /// Returns the newest artifact with this name in a session, or among artifacts without a session; nothing if there is
  /// none.
  [[nodiscard]] std::optional<Artifact> get_by_name(const Context& context, const std::string& name,
                                                    const std::optional<std::string>& session_id = {});
  /// Returns the artifacts that match the filter, newest first.
  [[nodiscard]] Page<Artifact> list(const Context& context, const ArtifactFilter& filter = {},
                                    const PageRequest& request = {});
  /// Returns matching artifacts, best match first; the default limit is 20.
  [[nodiscard]] Page<Artifact> search(const Context& context, const std::string& query,
                                      const PageRequest& request = {});
  /// Replaces an artifact that has the revision at which it was loaded; returns false if it does not exist.
  bool update(const Context& context, const Artifact& artifact, const WriteOptions& options = {});
  /// Changes what the patch names; returns false if the artifact does not exist.
  bool update(const Context& context, const std::string& id, const ArtifactPatch& patch,
              const WriteOptions& options = {});
  /// Deletes an artifact; returns false if it does not exist.
  bool remove(const Context& context, const std::string& id, DeleteMode mode, const WriteOptions& options = {});
  /// Counts an access to the artifact's file; returns false if the artifact does not exist.
  bool record_access(const Context& context, const std::string& id, const WriteOptions& options = {});
  /// Returns statistics of the tenant's artifacts.
  [[nodiscard]] ArtifactStatistics statistics(const Context& context);
  /// Returns the folder for a new file; creates no folder. Throws `failed_precondition` if the backend has no artifact
  /// directory.
  [[nodiscard]] std::filesystem::path folder(const Context& context, ArtifactFolder kind,
                                             const std::optional<std::string>& session_id = {});

 private:
  Gateway& gateway_;
};

}  // namespace heddle
