#pragma once

#include "heddle/concepts/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/artifacts.hpp"
#include "heddle/erased/capabilities.hpp"
#include "heddle/erased/errors.hpp"
#include "heddle/erased/human_requests.hpp"
#include "heddle/erased/interface.hpp"
#include "heddle/erased/message_streams.hpp"
#include "heddle/erased/metering.hpp"
#include "heddle/erased/migrator.hpp"
#include "heddle/erased/results.hpp"
#include "heddle/erased/sessions.hpp"
#include "heddle/erased/transfer_hook.hpp"

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>

namespace heddle::erased {

/// A backend that has a name, such as "sqlite".
template <class T>
concept Named = requires {
  { T::name() } -> std::convertible_to<std::string_view>;
};

/// The interface of the backend in an AnyBackend.
class AbstractBackend : public Interface {
 public:
  virtual Sessions& sessions() noexcept = 0;
  virtual Errors& errors() noexcept = 0;
  virtual Artifacts& artifacts() noexcept = 0;
  virtual Results& results() noexcept = 0;
  virtual HumanRequests& human_requests() noexcept = 0;
  virtual MessageStreams& streams() noexcept = 0;

  virtual void migrate(const Context& context) = 0;
  virtual void ping(const Context& context) = 0;
  virtual void close() noexcept = 0;
  [[nodiscard]] virtual std::string_view name() const noexcept = 0;

  virtual MigrationInspection* migration_inspection() noexcept = 0;
  virtual DetailReport* detail_report() noexcept = 0;
  virtual OnlineBackup* online_backup() noexcept = 0;
  virtual Reindexing* reindexing() noexcept = 0;
  virtual Scrubbing* scrubbing() noexcept = 0;
  virtual Compaction* compaction() noexcept = 0;
  virtual RetentionOfAll* retention() noexcept = 0;
  virtual SoftDeletion* soft_deletion() noexcept = 0;
  virtual Administration* administration() noexcept = 0;
  virtual Migrator* migrator() noexcept = 0;
  virtual Metering* metering() noexcept = 0;
  [[nodiscard]] virtual TransferHook user_transfer() noexcept = 0;
};

/// The only implementation: a backend with its stores and its capabilities.
template <class Backend>
class BackendModel final : public AbstractBackend {
  using B = Backend;

 public:
  explicit BackendModel(std::unique_ptr<Backend> backend) : backend_(std::move(backend)) {}

  Sessions& sessions() noexcept override { return sessions_; }
  Errors& errors() noexcept override { return errors_; }
  Artifacts& artifacts() noexcept override { return artifacts_; }
  Results& results() noexcept override { return results_; }
  HumanRequests& human_requests() noexcept override { return human_requests_; }
  MessageStreams& streams() noexcept override { return streams_; }

  void migrate(const Context& context) override { backend_->migrate(context); }
  void ping(const Context& context) override { backend_->ping(context); }
  void close() noexcept override { backend_->close(); }
  [[nodiscard]] std::string_view name() const noexcept override {
    if constexpr (Named<Backend>) { return Backend::name(); }
    return {};
  }

  MigrationInspection* migration_inspection() noexcept override {
    return if_present<MigrationInspection>(migration_inspection_);
  }
  DetailReport* detail_report() noexcept override { return if_present<DetailReport>(detail_report_); }
  OnlineBackup* online_backup() noexcept override { return if_present<OnlineBackup>(online_backup_); }
  Reindexing* reindexing() noexcept override { return if_present<Reindexing>(reindexing_); }
  Scrubbing* scrubbing() noexcept override { return if_present<Scrubbing>(scrubbing_); }
  Compaction* compaction() noexcept override { return if_present<Compaction>(compaction_); }
  RetentionOfAll* retention() noexcept override {
    if constexpr (AppliesRetention<B>) {
      if (!backend_->can_administer()) { return nullptr; }
    }
    return if_present<RetentionOfAll>(retention_);
  }
  SoftDeletion* soft_deletion() noexcept override {
    if constexpr (SoftDeletes<B>) {
      if (!may_soft_delete(*backend_)) { return nullptr; }
    }
    return if_present<SoftDeletion>(soft_deletion_);
  }
  Administration* administration() noexcept override {
    if constexpr (AdministersTenants<B>) {
      // Without an administration connection every operation would throw.
      if (!backend_->can_administer()) { return nullptr; }
    }
    return if_present<Administration>(administration_);
  }
  Migrator* migrator() noexcept override { return if_present<Migrator>(migrator_); }
  Metering* metering() noexcept override { return if_present<Metering>(metering_); }
  [[nodiscard]] TransferHook user_transfer() noexcept override {
    return {TransferRegistry<B>::functions, TransferRegistry<B>::erasure, TransferRegistry<B>::backups, backend_.get()};
  }

 private:
  // Declared before the members that refer to it.
  std::unique_ptr<B> backend_;
  SessionsModel<decltype(std::declval<B&>().session_storage())> sessions_{backend_->session_storage()};
  ErrorsModel<decltype(std::declval<B&>().error_store())> errors_{backend_->error_store()};
  ArtifactsModel<decltype(std::declval<B&>().artifact_store())> artifacts_{backend_->artifact_store()};
  ResultsModel<decltype(std::declval<B&>().result_store())> results_{backend_->result_store()};
  HumanRequestsModel<decltype(std::declval<B&>().human_request_store())> human_requests_{
      backend_->human_request_store()};
  MessageStreamsModel<decltype(std::declval<B&>().stream_store())> streams_{backend_->stream_store()};
  IfPresent<InspectsMigrations<B>, MigrationInspectionModel<B>> migration_inspection_{*backend_};
  IfPresent<ReportsDetails<B>, DetailReportModel<B>> detail_report_{*backend_};
  IfPresent<BacksUpOnline<B>, OnlineBackupModel<B>> online_backup_{*backend_};
  IfPresent<IndexesAnew<B>, ReindexingModel<B>> reindexing_{*backend_};
  IfPresent<Scrubs<B>, ScrubbingModel<B>> scrubbing_{*backend_};
  IfPresent<Compacts<B>, CompactionModel<B>> compaction_{*backend_};
  IfPresent<AppliesRetention<B>, RetentionOfAllModel<B>> retention_{*backend_};
  IfPresent<SoftDeletes<B>, SoftDeletionModel<B>> soft_deletion_{*backend_};
  IfPresent<AdministersTenants<B>, AdministrationModel<B>> administration_{*backend_};
  IfPresent<MigratesStepwise<B>, MigratorModel<B>> migrator_{*backend_};
  IfPresent<KeepsMetrics<B>, MeteringModel<B>> metering_{*backend_};
};

}  // namespace heddle::erased
