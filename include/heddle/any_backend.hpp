#pragma once

#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/backend.hpp"
#include "heddle/erased/capabilities.hpp"
#include "heddle/erased/capability_views.hpp"
#include "heddle/error.hpp"
#include "heddle/model/migration_status.hpp"
#include "heddle/model/storage_details.hpp"

#include <concepts>
#include <filesystem>
#include <memory>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

namespace heddle {

class AnyBackend;

namespace erased {

/// Gives the functions of `heddle/capabilities.hpp` access to the backend in a handle.
struct Access {
  /// Returns a capability of the backend in the handle; null if the backend lacks it or the handle is empty.
  template <class Handle, class Capability>
  [[nodiscard]] static Capability* backend(Handle& handle, Capability* (AbstractBackend::*ask)() noexcept) noexcept {
    return handle.backend_ ? (handle.backend_.get()->*ask)() : nullptr;
  }
  template <class Handle>
  [[nodiscard]] static TransferHook transfer(Handle& handle) noexcept {
    return handle.backend_ ? handle.backend_->user_transfer() : TransferHook{};
  }
};

}  // namespace erased

/// A backend that an AnyBackend can hold. The handle itself is excluded by the first condition: without it, the check
/// whether the handle is a backend would recurse without end.
template <class T>
concept ErasableBackend = !std::same_as<T, AnyBackend> && StorageBackend<T>;

/// A storage backend that is chosen at run time: owns a backend of any type and satisfies StorageBackend itself. A call
/// costs two virtual calls more than on the backend itself.
///
///     auto storage = heddle::AnyBackend::make<heddle::Backend<heddle::Sqlite>>(
///         heddle::sqlite::Config{.path = "agents.db"});
///     storage.migrate();
///     if (auto backup = heddle::online_backup(storage)) { backup->back_up({}, "copy.db"); }
///
/// Use the functions of `heddle/capabilities.hpp` for what only some backends can do. Many threads may use the stores
/// and capabilities, and references to them stay valid when the handle is moved. Precondition for moving or assigning
/// the handle: no other thread uses it. A moved-from handle is empty.
class AnyBackend {
 public:
  /// Takes ownership of a backend. Throws `invalid_argument` if the pointer is null.
  template <ErasableBackend Backend>
  explicit AnyBackend(std::unique_ptr<Backend> backend) {
    if (!backend) { throw Error(ErrorCode::invalid_argument, "AnyBackend was given a null pointer: pass a backend"); }
    backend_ = std::make_unique<erased::BackendModel<Backend>>(std::move(backend));
  }

  /// Constructs a backend of this type from these arguments and returns a handle that owns it.
  template <ErasableBackend Backend, class... Arguments>
  [[nodiscard]] static AnyBackend make(Arguments&&... arguments) {
    return AnyBackend(std::make_unique<Backend>(std::forward<Arguments>(arguments)...));
  }

  /// Returns false after the backend was moved to another handle. Then every store, `migrate`, `pending_migrations`,
  /// `details` and `ping` throw `failed_precondition`, and the capabilities are null.
  [[nodiscard]] bool has_value() const noexcept { return backend_ != nullptr; }

  /// Sessions, messages, tool executions and snapshots.
  [[nodiscard]] erased::Sessions& session_storage() & { return require_backend().sessions(); }
  /// Errors of tools.
  [[nodiscard]] erased::Errors& error_store() & { return require_backend().errors(); }
  /// Descriptions of files.
  [[nodiscard]] erased::Artifacts& artifact_store() & { return require_backend().artifacts(); }
  /// Tables that agents query.
  [[nodiscard]] erased::Results& result_store() & { return require_backend().results(); }
  /// Questions to humans.
  [[nodiscard]] erased::HumanRequests& human_request_store() & { return require_backend().human_requests(); }
  /// Messages that are stored while a model writes them.
  [[nodiscard]] erased::MessageStreams& stream_store() & { return require_backend().streams(); }

  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::Sessions& session_storage() const& {
    return concepts::refuse_unnamed<Unused, erased::Sessions&>();
  }
  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::Errors& error_store() const& {
    return concepts::refuse_unnamed<Unused, erased::Errors&>();
  }
  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::Artifacts& artifact_store() const& {
    return concepts::refuse_unnamed<Unused, erased::Artifacts&>();
  }
  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::Results& result_store() const& {
    return concepts::refuse_unnamed<Unused, erased::Results&>();
  }
  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::HumanRequests& human_request_store() const& {
    return concepts::refuse_unnamed<Unused, erased::HumanRequests&>();
  }
  /// For a const or unnamed handle: a call does not compile and the error says why.
  template <class Unused = void>
  erased::MessageStreams& stream_store() const& {
    return concepts::refuse_unnamed<Unused, erased::MessageStreams&>();
  }

  /// Migrates the schema to the latest version; does nothing if it has that version.
  void migrate(const Context& context = {}) { require_backend().migrate(context); }
  /// Returns the migrations that `migrate` would run. Throws `failed_precondition` if the backend cannot list them.
  [[nodiscard]] std::vector<PendingMigration> pending_migrations(const Context& context = {}) {
    return erased::HandleView(require_backend().migration_inspection())->pending_migrations(context);
  }
  /// Returns the schema's version and the state of the pool. Throws `failed_precondition` if the backend does not
  /// report them.
  [[nodiscard]] StorageDetails details(const Context& context = {}) {
    return erased::HandleView(require_backend().detail_report())->details(context);
  }
  /// Throws Error if the database does not respond.
  void ping(const Context& context = {}) { require_backend().ping(context); }
  /// Only some backends can: a call does not compile and the error says what to write.
  template <class Unused = void>
  concepts::Lacking back_up(const Context& /*context*/, const std::filesystem::path& /*target*/) {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: only some backends copy their database: if (auto backup = heddle::online_backup(storage)) "
                  "{ backup->back_up(context, target); }");
    concepts::never_called();
  }
  /// The same.
  template <class Unused = void>
  erased::Administration& admin_storage() {
    static_assert(!std::is_void_v<Unused>,
                  "heddle: only some backends administer across tenants: if (auto admin = "
                  "heddle::administration(storage)) { admin->statistics(context); }");
    concepts::never_called();
  }

  /// Waits for running calls, then closes the backend; every later call throws `failed_precondition`.
  void close() noexcept {
    if (backend_) { backend_->close(); }
  }
  /// Returns the name of the backend, such as "sqlite"; empty if it has none.
  [[nodiscard]] std::string_view name() const noexcept { return backend_ ? backend_->name() : std::string_view{}; }

 private:
  [[nodiscard]] erased::AbstractBackend& require_backend() const {
    if (!backend_) {
      throw Error(ErrorCode::failed_precondition, "the AnyBackend is empty: its backend was moved to another handle");
    }
    return *backend_;
  }
  friend struct erased::Access;

  std::unique_ptr<erased::AbstractBackend> backend_;
};

}  // namespace heddle
