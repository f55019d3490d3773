#pragma once

#include "heddle/concepts/artifact_storage.hpp"
#include "heddle/concepts/error_storage.hpp"
#include "heddle/concepts/human_request_storage.hpp"
#include "heddle/concepts/message_stream_storage.hpp"
#include "heddle/concepts/result_storage.hpp"
#include "heddle/concepts/session_storage.hpp"
#include "heddle/context.hpp"

#include <type_traits>

namespace heddle {

/// Can migrate its schema to the latest version. `migrate` is idempotent, and several processes may call it at once; it
/// guarantees nothing about calls that other programs make meanwhile.
template <class T>
concept Migratable = requires(T& backend, const Context& context) {
  backend.migrate(context);
};

/// Can check whether the database responds: `ping` throws Error if it does not. One that is retryable says that a later
/// ping can succeed, perhaps only after the server was changed: bound the retries.
template <class T>
concept Pingable = requires(T& backend, const Context& context) {
  backend.ping(context);
};

/// Can be closed: `close` is idempotent and waits for running calls; every later call throws `failed_precondition`.
template <class T>
concept Closable = requires(T& backend) {
  { backend.close() }
  noexcept;
};

/// The storage of a server: the six stores, migrations, ping and close. Write server code against this concept:
///
///     void serve(heddle::StorageBackend auto& storage);
template <class T>
concept StorageBackend = requires(T& backend) {
  requires SessionStorage<std::remove_reference_t<decltype(backend.session_storage())>>;
  requires ErrorStorage<std::remove_reference_t<decltype(backend.error_store())>>;
  requires ArtifactStorage<std::remove_reference_t<decltype(backend.artifact_store())>>;
  requires ResultStorage<std::remove_reference_t<decltype(backend.result_store())>>;
  requires HumanRequestStorage<std::remove_reference_t<decltype(backend.human_request_store())>>;
  requires MessageStreamStorage<std::remove_reference_t<decltype(backend.stream_store())>>;
}
&&Migratable<T>&& Pingable<T>&& Closable<T>;

}  // namespace heddle
