#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/calls/forward.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_reader.hpp"
#include "heddle/model/artifact_search.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/options.hpp"
#include "heddle/stores/detail/content_settings.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

namespace heddle {

/// Files of users and agents, on any backend. Satisfies ArtifactStorage, which specifies each operation. Many threads
/// may use it.
template <class Policy, class Tracer>
class ArtifactStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  /// Made by Backend.
  ArtifactStore(Gateway& gateway, const stores::detail::ContentSettings& settings, std::int64_t search_candidates)
      : gateway_(gateway), settings_(settings), search_candidates_(search_candidates) {}

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
  /// Returns matching artifacts, best match or newest first; the default limit is 20.
  [[nodiscard]] FoundArtifacts search(const Context& context, const ArtifactSearch& search,
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

  /// Stores content as the next version of an artifact, which it inserts if there is none with the id.
  ArtifactVersion put(const Context& context, const Artifact& artifact, const ContentSource& content,
                      const PutOptions& options = {});
  /// Returns a reader of a version of the content; 0: the last one. Throws `not_found` if there is none.
  [[nodiscard]] ArtifactReader open(const Context& context, const std::string& id, std::int64_t version = 0);
  /// Returns the versions of an artifact, newest first.
  [[nodiscard]] Page<ArtifactVersion> versions(const Context& context, const std::string& id,
                                               const PageRequest& request = {});
  /// Makes the content of an earlier version that of the next one, which it returns.
  ArtifactVersion restore_version(const Context& context, const std::string& id, std::int64_t version,
                                  const WriteOptions& options = {});
  /// Reads a version of the content to its end and returns whether it is what was stored; 0: the last one.
  [[nodiscard]] ContentState verify(const Context& context, const std::string& id, std::int64_t version = 0);
  /// Removes what puts and removals that did not end have left; returns how many of them there were.
  std::int64_t sweep_orphans(const Context& context, std::chrono::seconds age);
  /// Removes for good the artifacts of all tenants that have been soft-deleted for at least the grace period; returns
  /// how many.
  std::int64_t purge_deleted(const Context& context, std::chrono::seconds grace_period);
  /// Returns how many bytes the tenant's contents have, and may have.
  [[nodiscard]] ContentUsage content_usage(const Context& context);
  /// Sets how many bytes the tenant's contents may have; nothing: the default of the configuration.
  void set_quota(const Context& context, std::optional<std::int64_t> bytes);

 private:
  Gateway& gateway_;
  stores::detail::ContentSettings settings_;
  std::int64_t search_candidates_ = 0;
};

}  // namespace heddle
