#pragma once

#include "heddle/concepts/capabilities.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/model/administration.hpp"
#include "heddle/model/compaction.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/model/retention.hpp"
#include "heddle/model/scrub_report.hpp"
#include "heddle/model/storage_details.hpp"
#include "heddle/options.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <string>
#include <type_traits>
#include <vector>

/// @file
/// What only some backends can do, for AnyBackend: one small interface for each capability, with the operations of the
/// concept of that capability. The functions of `heddle/capabilities.hpp` return them.
namespace heddle::erased {

/// See InspectsMigrations.
class MigrationInspection : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "list pending migrations";

  /// Returns the migrations that `migrate` would run.
  [[nodiscard]] virtual std::vector<PendingMigration> pending_migrations(const Context& context = {}) = 0;
};

/// See ReportsDetails.
class DetailReport : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "report its details";

  /// Returns the schema's version and the state of the pool.
  [[nodiscard]] virtual StorageDetails details(const Context& context = {}) = 0;
};

/// See BacksUpOnline.
class OnlineBackup : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "copy its database while it is in use";

  /// Copies the database to a new file.
  virtual void back_up(const Context& context, const std::filesystem::path& target) = 0;
};

/// See IndexesAnew.
class Reindexing : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "index texts of an earlier version anew";

  /// Indexes the tenant's texts anew; returns how many.
  virtual std::int64_t reindex(const Context& context) = 0;
  /// The same for all tenants.
  virtual std::int64_t reindex_all(const Context& context = {}) = 0;
};

/// See SoftDeletes.
class SoftDeletion : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "soft-delete sessions";

  /// @name Operations, which SoftDeletes specifies
  ///@{
  virtual bool soft_delete_session(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual bool restore_session(const Context& context, const std::string& id, const WriteOptions& options = {}) = 0;
  virtual std::int64_t purge_deleted_sessions(const Context& context, std::chrono::seconds grace_period) = 0;
  ///@}
};

/// See AdministersTenants.
class Administration : public Interface {
 public:
  /// What a backend without it cannot do, for the error message.
  static constexpr const char* description = "administer across tenants";

  /// @name Operations, which AdministersTenants specifies
  ///@{
  [[nodiscard]] virtual SessionOverview list_sessions(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<SessionCount> sessions_per_user(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual Page<std::string> list_tenants(const Context& context, const PageRequest& page = {}) = 0;
  [[nodiscard]] virtual SystemStatistics statistics(const Context& context) = 0;
  [[nodiscard]] virtual AdminPermissions validate_permissions(const Context& context) = 0;
  ///@}
};

/// Implements `MigrationInspection` with a backend.
template <class Backend>
class MigrationInspectionModel final : public MigrationInspection {
 public:
  explicit MigrationInspectionModel(Backend& backend) : backend_(backend) {}
  std::vector<PendingMigration> pending_migrations(const Context& context) override {
    return backend_.pending_migrations(context);
  }

 private:
  Backend& backend_;
};

/// Implements `DetailReport` with a backend.
template <class Backend>
class DetailReportModel final : public DetailReport {
 public:
  explicit DetailReportModel(Backend& backend) : backend_(backend) {}
  StorageDetails details(const Context& context) override { return backend_.details(context); }

 private:
  Backend& backend_;
};

/// Implements `OnlineBackup` with a backend.
template <class Backend>
class OnlineBackupModel final : public OnlineBackup {
 public:
  explicit OnlineBackupModel(Backend& backend) : backend_(backend) {}
  void back_up(const Context& context, const std::filesystem::path& target) override {
    backend_.back_up(context, target);
  }

 private:
  Backend& backend_;
};

/// See Scrubs.
class Scrubbing : public Interface {
 public:
  static constexpr const char* description = "erase from its files";

  /// Makes erased texts leave the files.
  virtual ScrubReport scrub(const Context& context = {}) = 0;
};

/// Implements `Scrubbing` with a backend.
template <class Backend>
class ScrubbingModel final : public Scrubbing {
 public:
  explicit ScrubbingModel(Backend& backend) : backend_(backend) {}
  ScrubReport scrub(const Context& context) override { return backend_.scrub(context); }

 private:
  Backend& backend_;
};

/// See Compacts.
class Compaction : public Interface {
 public:
  static constexpr const char* description = "give space back";

  /// Gives back space that the database does not use.
  virtual CompactReport compact(const Context& context = {}, const CompactOptions& options = {}) = 0;
};

/// Implements `Compaction` with a backend.
template <class Backend>
class CompactionModel final : public Compaction {
 public:
  explicit CompactionModel(Backend& backend) : backend_(backend) {}
  CompactReport compact(const Context& context, const CompactOptions& options) override {
    return backend_.compact(context, options);
  }

 private:
  Backend& backend_;
};

/// See AppliesRetention.
class RetentionOfAll : public Interface {
 public:
  static constexpr const char* description = "remove old records of all tenants";

  /// Removes what rules do not keep, of all tenants.
  virtual RetentionReport apply_retention(const Context& context, const RetentionConfig& config) = 0;
};

/// Implements `RetentionOfAll` with a backend.
template <class Backend>
class RetentionOfAllModel final : public RetentionOfAll {
 public:
  explicit RetentionOfAllModel(Backend& backend) : backend_(backend) {}
  RetentionReport apply_retention(const Context& context, const RetentionConfig& config) override {
    return backend_.apply_retention(context, config);
  }

 private:
  Backend& backend_;
};

/// Implements `Reindexing` with a backend.
template <class Backend>
class ReindexingModel final : public Reindexing {
 public:
  explicit ReindexingModel(Backend& backend) : backend_(backend) {}
  std::int64_t reindex(const Context& context) override { return backend_.reindex(context); }
  std::int64_t reindex_all(const Context& context) override { return backend_.reindex_all(context); }

 private:
  Backend& backend_;
};

/// Returns false if the configuration of a backend leaves soft deletion off.
[[nodiscard]] bool may_soft_delete(const SoftDeletes auto& backend) noexcept {
  if constexpr (requires { backend.can_soft_delete(); }) {
    return backend.can_soft_delete();
  } else {
    return true;
  }
}

/// Implements `SoftDeletion` with a backend.
template <class Backend>
class SoftDeletionModel final : public SoftDeletion {
 public:
  explicit SoftDeletionModel(Backend& backend) : backend_(backend) {}
  bool soft_delete_session(const Context& context, const std::string& id, const WriteOptions& options) override {
    return backend_.session_storage().soft_delete_session(context, id, options);
  }
  bool restore_session(const Context& context, const std::string& id, const WriteOptions& options) override {
    return backend_.session_storage().restore_session(context, id, options);
  }
  std::int64_t purge_deleted_sessions(const Context& context, std::chrono::seconds grace_period) override {
    return backend_.session_storage().purge_deleted_sessions(context, grace_period);
  }

 private:
  Backend& backend_;
};

/// Implements `Administration` with a backend.
template <class Backend>
class AdministrationModel final : public Administration {
 public:
  explicit AdministrationModel(Backend& backend) : backend_(backend) {}
  SessionOverview list_sessions(const Context& context, const PageRequest& page) override {
    return backend_.admin_storage().list_sessions(context, page);
  }
  Page<SessionCount> sessions_per_user(const Context& context, const PageRequest& page) override {
    return backend_.admin_storage().sessions_per_user(context, page);
  }
  Page<std::string> list_tenants(const Context& context, const PageRequest& page) override {
    return backend_.admin_storage().list_tenants(context, page);
  }
  SystemStatistics statistics(const Context& context) override { return backend_.admin_storage().statistics(context); }
  AdminPermissions validate_permissions(const Context& context) override {
    return backend_.admin_storage().validate_permissions(context);
  }

 private:
  Backend& backend_;
};

/// Stands in for the model of a capability that the backend lacks.
struct Missing {
  template <class Backend>
  explicit Missing(Backend& /*backend*/) noexcept {}
};

/// `Model` if the backend has the capability, else `Missing`.
template <bool Present, class Model>
using IfPresent = std::conditional_t<Present, Model, Missing>;

/// Returns the address of a capability's model, or null if it is missing.
template <class Capability, class Model>
[[nodiscard]] Capability* if_present(Model& model) noexcept {
  if constexpr (std::is_same_v<Model, Missing>) {
    return nullptr;
  } else {
    return &model;
  }
}

}  // namespace heddle::erased
