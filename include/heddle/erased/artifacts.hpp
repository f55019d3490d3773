#pragma once

#include "heddle/concepts/artifact_storage.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/artifact_reader.hpp"
#include "heddle/model/artifact_search.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>

namespace heddle::erased {

/// The artifact store of any backend; satisfies ArtifactStorage, which specifies each operation. Many threads may use
/// it.
class Artifacts : public Interface {
 public:
  /// @name Operations, which ArtifactStorage specifies
  ///@{
  virtual std::string index(const Context& context, const Artifact& artifact, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual std::optional<Artifact> get(const Context& context, const std::string& id) = 0;
  [[nodiscard]] virtual std::optional<Artifact> get_by_name(const Context& context, const std::string& name,
                                                            const std::optional<std::string>& session_id = {}) = 0;
  [[nodiscard]] virtual Page<Artifact> list(const Context& context, const ArtifactFilter& filter = {},
                                            const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual FoundArtifacts search(const Context& context, const ArtifactSearch& search,
                                              const PageRequest& page = {}) = 0;
  virtual bool update(const Context& context, const Artifact& artifact, const WriteOptions& options = {}) = 0;
  virtual bool update(const Context& context, const std::string& id, const ArtifactPatch& patch,
                      const WriteOptions& options = {}) = 0;
  virtual bool remove(const Context& context, const std::string& id, DeleteMode mode,
                      const WriteOptions& options = {}) = 0;
  virtual bool record_access(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual ArtifactStatistics statistics(const Context& context) = 0;
  [[nodiscard]] virtual std::filesystem::path folder(const Context& context, ArtifactFolder kind,
                                                     const std::optional<std::string>& session_id = {}) = 0;
  virtual ArtifactVersion put(const Context& context, const Artifact& artifact, const ContentSource& content,
                              const PutOptions& options = {}) = 0;
  [[nodiscard]] virtual ArtifactReader open(const Context& context, const std::string& id,
                                            std::int64_t version = 0) = 0;
  [[nodiscard]] virtual Page<ArtifactVersion> versions(const Context& context, const std::string& id,
                                                       const PageRequest& page = {}) = 0;
  virtual ArtifactVersion restore_version(const Context& context, const std::string& id, std::int64_t version,
                                          const WriteOptions& options = {}) = 0;
  [[nodiscard]] virtual ContentState verify(const Context& context, const std::string& id,
                                            std::int64_t version = 0) = 0;
  virtual std::int64_t sweep_orphans(const Context& context, std::chrono::seconds age) = 0;
  virtual std::int64_t purge_deleted(const Context& context, std::chrono::seconds grace_period) = 0;
  [[nodiscard]] virtual ContentUsage content_usage(const Context& context) = 0;
  virtual void set_quota(const Context& context, std::optional<std::int64_t> bytes) = 0;
  ///@}
};

/// Implements `Artifacts` with an artifact store: a reference to it, or a proxy that is stored here.
template <class Store>
class ArtifactsModel final : public Artifacts {
 public:
  explicit ArtifactsModel(Store store) : store_(std::forward<Store>(store)) {}

  std::string index(const Context& context, const Artifact& artifact, const WriteOptions& options) override {
    return store_.index(context, artifact, options);
  }
  std::optional<Artifact> get(const Context& context, const std::string& id) override {
    return store_.get(context, id);
  }
  std::optional<Artifact> get_by_name(const Context& context, const std::string& name,
                                      const std::optional<std::string>& session_id) override {
    return store_.get_by_name(context, name, session_id);
  }
  Page<Artifact> list(const Context& context, const ArtifactFilter& filter, const PageRequest& page) override {
    return store_.list(context, filter, page);
  }
  FoundArtifacts search(const Context& context, const ArtifactSearch& search, const PageRequest& page) override {
    return store_.search(context, search, page);
  }
  bool update(const Context& context, const Artifact& artifact, const WriteOptions& options) override {
    return store_.update(context, artifact, options);
  }
  bool update(const Context& context, const std::string& id, const ArtifactPatch& patch,
              const WriteOptions& options) override {
    return store_.update(context, id, patch, options);
  }
  bool remove(const Context& context, const std::string& id, DeleteMode mode, const WriteOptions& options) override {
    return store_.remove(context, id, mode, options);
  }
  bool record_access(const Context& context, const std::string& id, const WriteOptions& options) override {
    return store_.record_access(context, id, options);
  }
  ArtifactStatistics statistics(const Context& context) override { return store_.statistics(context); }
  std::filesystem::path folder(const Context& context, ArtifactFolder kind,
                               const std::optional<std::string>& session_id) override {
    return store_.folder(context, kind, session_id);
  }
  ArtifactVersion put(const Context& context, const Artifact& artifact, const ContentSource& content,
                      const PutOptions& options) override {
    return store_.put(context, artifact, content, options);
  }
  ArtifactReader open(const Context& context, const std::string& id, std::int64_t version) override {
    return store_.open(context, id, version);
  }
  Page<ArtifactVersion> versions(const Context& context, const std::string& id, const PageRequest& page) override {
    return store_.versions(context, id, page);
  }
  ArtifactVersion restore_version(const Context& context, const std::string& id, std::int64_t version,
                                  const WriteOptions& options) override {
    return store_.restore_version(context, id, version, options);
  }
  ContentState verify(const Context& context, const std::string& id, std::int64_t version) override {
    return store_.verify(context, id, version);
  }
  std::int64_t sweep_orphans(const Context& context, std::chrono::seconds age) override {
    return store_.sweep_orphans(context, age);
  }
  std::int64_t purge_deleted(const Context& context, std::chrono::seconds grace_period) override {
    return store_.purge_deleted(context, grace_period);
  }
  ContentUsage content_usage(const Context& context) override { return store_.content_usage(context); }
  void set_quota(const Context& context, std::optional<std::int64_t> bytes) override {
    store_.set_quota(context, bytes);
  }

 private:
  Store store_;
};

}  // namespace heddle::erased
