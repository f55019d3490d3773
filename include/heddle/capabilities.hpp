#pragma once

#include "heddle/any_backend.hpp"
#include "heddle/concepts/capabilities.hpp"
#include "heddle/erased/backend.hpp"
#include "heddle/erased/capabilities.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/erased/migrator.hpp"

#include <concepts>
#include <type_traits>

/// @file
/// What only some backends can do: one function for each capability, the same for every backend and for AnyBackend.
///
///     if (auto deletion = heddle::soft_deletion(storage)) { deletion->soft_delete_session(context, "s1"); }
///
/// Each function returns a view, which is null if the backend lacks the capability; for a backend of a known type, the
/// static member `possible` of the view is false at compile time then. The view refers to the backend and must not
/// outlive it. A moved-from handle has no capabilities. A const backend does not compile: it can do nothing.
namespace heddle {

/// Hides sessions before they are permanently removed; see SoftDeletes. Also null if the configuration leaves it off.
template <class Backend>
[[nodiscard]] auto soft_deletion(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::SoftDeletion>(
        erased::Access::backend(backend, &erased::AbstractBackend::soft_deletion));
  } else if constexpr (SoftDeletes<Backend>) {
    return erased::StaticView<erased::SoftDeletion, Backend, erased::SoftDeletionModel<Backend>>(
        backend, erased::may_soft_delete(backend));
  } else {
    return erased::NullView<erased::SoftDeletion>();
  }
}

/// Reads across tenants; see AdministersTenants. Also null if the configuration does not let the backend
/// administer.
template <class Backend>
[[nodiscard]] auto administration(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::Administration>(
        erased::Access::backend(backend, &erased::AbstractBackend::administration));
  } else if constexpr (AdministersTenants<Backend>) {
    return erased::StaticView<erased::Administration, Backend, erased::AdministrationModel<Backend>>(
        backend, backend.can_administer());
  } else {
    return erased::NullView<erased::Administration>();
  }
}

/// Copies the database while it is in use; see BacksUpOnline.
template <class Backend>
[[nodiscard]] auto online_backup(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::OnlineBackup>(
        erased::Access::backend(backend, &erased::AbstractBackend::online_backup));
  } else if constexpr (BacksUpOnline<Backend>) {
    return erased::StaticView<erased::OnlineBackup, Backend, erased::OnlineBackupModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::OnlineBackup>();
  }
}

/// Indexes texts anew that a version with another analysis has stored; see IndexesAnew.
template <class Backend>
[[nodiscard]] auto reindexing(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::Reindexing>(
        erased::Access::backend(backend, &erased::AbstractBackend::reindexing));
  } else if constexpr (IndexesAnew<Backend>) {
    return erased::StaticView<erased::Reindexing, Backend, erased::ReindexingModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::Reindexing>();
  }
}

/// Makes erased texts leave the files; see Scrubs.
template <class Backend>
[[nodiscard]] auto scrubbing(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::Scrubbing>(erased::Access::backend(backend, &erased::AbstractBackend::scrubbing));
  } else if constexpr (Scrubs<Backend>) {
    return erased::StaticView<erased::Scrubbing, Backend, erased::ScrubbingModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::Scrubbing>();
  }
}

/// Gives back space that the database does not use; see Compacts.
template <class Backend>
[[nodiscard]] auto compaction(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::Compaction>(
        erased::Access::backend(backend, &erased::AbstractBackend::compaction));
  } else if constexpr (Compacts<Backend>) {
    return erased::StaticView<erased::Compaction, Backend, erased::CompactionModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::Compaction>();
  }
}

/// Removes old records of all tenants by rules; see AppliesRetention. Also null if the configuration does not let the
/// backend administer.
template <class Backend>
[[nodiscard]] auto retention(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::RetentionOfAll>(
        erased::Access::backend(backend, &erased::AbstractBackend::retention));
  } else if constexpr (AppliesRetention<Backend>) {
    return erased::StaticView<erased::RetentionOfAll, Backend, erased::RetentionOfAllModel<Backend>>(
        backend, backend.can_administer());
  } else {
    return erased::NullView<erased::RetentionOfAll>();
  }
}

/// Lists the migrations that the database lacks; see InspectsMigrations.
template <class Backend>
[[nodiscard]] auto migration_inspection(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::MigrationInspection>(
        erased::Access::backend(backend, &erased::AbstractBackend::migration_inspection));
  } else if constexpr (InspectsMigrations<Backend>) {
    return erased::StaticView<erased::MigrationInspection, Backend, erased::MigrationInspectionModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::MigrationInspection>();
  }
}

/// Reports the schema's version and the state of the pool; see ReportsDetails.
template <class Backend>
[[nodiscard]] auto detail_report(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::DetailReport>(
        erased::Access::backend(backend, &erased::AbstractBackend::detail_report));
  } else if constexpr (ReportsDetails<Backend>) {
    return erased::StaticView<erased::DetailReport, Backend, erased::DetailReportModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::DetailReport>();
  }
}

/// Runs migrations step by step, up and down; see MigratesStepwise.
template <class Backend>
[[nodiscard]] auto migrator(Backend& backend) {
  static_assert(!std::is_const_v<Backend>, "heddle: a capability needs a backend that is not const");
  if constexpr (std::same_as<Backend, AnyBackend>) {
    return erased::HandleView<erased::Migrator>(erased::Access::backend(backend, &erased::AbstractBackend::migrator));
  } else if constexpr (MigratesStepwise<Backend>) {
    return erased::StaticView<erased::Migrator, Backend, erased::MigratorModel<Backend>>(backend);
  } else {
    return erased::NullView<erased::Migrator>();
  }
}

}  // namespace heddle
