#pragma once

#include "heddle/concepts/artifact_storage.hpp"
#include "heddle/concepts/error_storage.hpp"
#include "heddle/concepts/human_request_storage.hpp"
#include "heddle/concepts/result_storage.hpp"
#include "heddle/concepts/session_storage.hpp"
#include "heddle/context.hpp"

#include <type_traits>

namespace heddle {

/// Can bring its schema to the latest version. `migrate` is idempotent and safe from several processes at once; it does
/// not promise anything about calls that other programs make meanwhile.
template <class T>
concept Migratable = requires(T& backend, const Context& context) {
  backend.migrate(context);
};

/// Can be asked whether the database answers; `ping` throws Error if it does not.
template <class T>
concept Pingable = requires(T& backend, const Context& context) {
  backend.ping(context);
};

/// Can be closed: idempotent, waits for what is under way, then every call throws `failed_precondition`.
template <class T>
concept Closable = requires(T& backend) {
  { backend.close() }
  noexcept;
};

/// The storage of a server: the five stores, migrations, ping and close. What server code is written against:
///
///     void serve(heddle::StorageBackend auto& storage);
template <class T>
concept StorageBackend = requires(T& backend) {
  requires SessionStorage<std::remove_reference_t<decltype(backend.session_storage())>>;
  requires ErrorStorage<std::remove_reference_t<decltype(backend.error_store())>>;
  requires ArtifactStorage<std::remove_reference_t<decltype(backend.artifact_store())>>;
  requires ResultStorage<std::remove_reference_t<decltype(backend.result_store())>>;
  requires HumanRequestStorage<std::remove_reference_t<decltype(backend.human_request_store())>>;
}
&&Migratable<T>&& Pingable<T>&& Closable<T>;

}  // namespace heddle
