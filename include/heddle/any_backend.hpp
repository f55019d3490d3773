#pragma once

#include "heddle/concepts/storage_backend.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/backend.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/error.hpp"
#include "heddle/migrations/migration.hpp"
#include "heddle/model/storage_details.hpp"

#include <concepts>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle {

class AnyBackend;

namespace erased {

/// For the functions of `heddle/capabilities.hpp`.
struct Access {
  /// A capability of what the handle holds; null if it lacks it, or holds nothing.
  template <class Handle, class Capability>
  [[nodiscard]] static Capability* backend(Handle& handle, Capability* (AbstractBackend::*ask)() noexcept) noexcept {
    return handle.backend_ ? (handle.backend_.get()->*ask)() : nullptr;
  }
};

}  // namespace erased

/// A backend that an AnyBackend can hold. The handle itself is excluded, and first: asking whether it is a backend, to
/// find out how it moves, would never end.
template <class T>
concept ErasableBackend = !std::same_as<T, AnyBackend> && StorageBackend<T>;

/// A storage backend that is chosen at run time: owns one of any type, and satisfies StorageBackend itself. A call
/// costs two virtual calls more than on the backend itself.
///
///     auto storage = heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
///         heddle::sqlite::Config{.path = "agents.db"});
///     storage.migrate();
///     if (auto backup = heddle::online_backup(storage)) { backup->back_up({}, "copy.db"); }
///
/// What only some backends can do is asked for by the functions of `heddle/capabilities.hpp`. The stores and
/// capabilities may be used by many threads, and stay where they are when the handle moves; the handle itself must not
/// be moved or assigned to while another thread uses it. A handle that was moved from is empty.
class AnyBackend {
 public:
  /// Takes over a backend. Throws `invalid_argument` if there is none.
  template <ErasableBackend Backend>
  explicit AnyBackend(std::unique_ptr<Backend> backend) {
    if (!backend) { throw Error(ErrorCode::invalid_argument, "the handle was given no backend"); }
    backend_ = std::make_unique<erased::BackendModel<Backend>>(std::move(backend));
  }

  /// Makes a backend of this type with these arguments, and a handle that owns it.
  template <ErasableBackend Backend, class... Arguments>
  [[nodiscard]] static AnyBackend make(Arguments&&... arguments) {
    return AnyBackend(std::make_unique<Backend>(std::forward<Arguments>(arguments)...));
  }

  /// False once the backend was moved to another handle. Everything but moving, asking and closing fails with
  /// `failed_precondition` then; the capabilities are null.
  [[nodiscard]] bool has_value() const noexcept { return backend_ != nullptr; }

  /// Sessions, messages, tool executions and snapshots.
  [[nodiscard]] erased::Sessions& session_storage() { return held().sessions(); }
  /// Errors of tools.
  [[nodiscard]] erased::Errors& error_store() { return held().errors(); }
  /// Descriptions of files.
  [[nodiscard]] erased::Artifacts& artifact_store() { return held().artifacts(); }
  /// Tables that agents query.
  [[nodiscard]] erased::Results& result_store() { return held().results(); }
  /// Questions to humans.
  [[nodiscard]] erased::HumanRequests& human_request_store() { return held().human_requests(); }

  /// Brings the schema to the latest version; does nothing if it is there.
  void migrate(const Context& context = {}) { held().migrate(context); }
  /// Returns what `migrate` would run. Throws `failed_precondition` if the backend cannot tell.
  [[nodiscard]] std::vector<PendingMigration> pending_migrations(const Context& context = {}) {
    return erased::HandleView(held().migration_inspection())->pending_migrations(context);
  }
  /// Returns the schema's version and the state of the pool. Throws `failed_precondition` if the backend cannot tell.
  [[nodiscard]] StorageDetails details(const Context& context = {}) {
    return erased::HandleView(held().detail_report())->details(context);
  }
  /// Throws unless the database answers.
  void ping(const Context& context = {}) { held().ping(context); }
  /// Waits for the calls that are under way, then closes; every later call fails with `failed_precondition`.
  void close() noexcept {
    if (backend_) { backend_->close(); }
  }
  /// The name of the backend, such as "sqlite"; empty if it has none.
  [[nodiscard]] std::string_view name() const noexcept { return backend_ ? backend_->name() : std::string_view{}; }

 private:
  [[nodiscard]] erased::AbstractBackend& held() const {
    if (!backend_) {
      throw Error(ErrorCode::failed_precondition, "the handle is empty: its backend was moved to another one");
    }
    return *backend_;
  }
  friend struct erased::Access;

  std::unique_ptr<erased::AbstractBackend> backend_;
};

static_assert(StorageBackend<AnyBackend>);

}  // namespace heddle
