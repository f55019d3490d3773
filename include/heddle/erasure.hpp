#pragma once

/// @file
/// The erasure of a whole tenant, for every backend and for AnyBackend: `erase_user`.
///
///     const heddle::ErasureReceipt receipt =
///         heddle::erase_user(backend, alice, {.idempotency_key = "request 4711"});
///     std::cout << heddle::receipt_text(receipt) << " " << receipt.digest << "\n";
///
/// A program that links the compiled backends finds the definitions there; for a tracer or a policy of your own include
/// `heddle/erasure.ipp`.

#include "heddle/needs_cxx20.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/backend.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/user_erasure.hpp"
#include "heddle/erasure/operations.hpp"
#include "heddle/erasure/receipt_text.hpp"
#include "heddle/model/user_erasure.hpp"
#include "heddle/tracing.hpp"

namespace heddle {

/// Removes every row and every file of the tenant, and returns a receipt when that was verified and, on SQLite, when
/// the bytes have left the database file, its log and the indexes, too. On PostgreSQL the receipt names the tables that
/// wait for VACUUM. The tenant's folder in the artifact directory goes with all that is in it; files elsewhere that
/// artifacts name stay. Cleanup hooks run for each session, at least once. If one throws, the sessions of the batch are
/// removed all the same, after the hooks of all of them, and the call throws the first of these exceptions; the next
/// one goes on with the sessions behind them. `clean_up_session` runs the hooks of a session again that is gone.
///
/// At first all sessions and artifacts are hidden. From then until the receipt is stored new sessions, artifacts,
/// results, errors and requests of the tenant are refused with `failed_precondition`, and what is written to its
/// sessions with `not_found`; other records vanish in batches. Then the tenant can begin anew, and what is committed
/// after `verified_at` is new data. An import that has not ended is removed, too. Other tenants do not notice, but that
/// on SQLite they wait for single transactions, and while the file is written anew (see ErasureOptions).
///
/// Any failure can be answered by a call with the same key, in this or another process: it goes on where the erasure
/// was left, and the counts in the receipt are those of all calls. Until then the tenant stays closed. A call with the
/// key of an erasure that has ended removes nothing and returns the receipt again. Receipts are kept for ever, and have
/// the tenant and the key as digests only.
///
/// Throws `failed_precondition` if an erasure with another key has not ended, if contents lie in files and the backend
/// has no artifact directory, and for an index of SQLite that a later version has made; `conflict` if another call has
/// ended the same erasure; `unavailable` if a long read keeps the write-ahead log of SQLite, or a backup files of the
/// tenant: only the receipt is missing then, and a call with the same key after their end returns it; and what a write
/// throws. A call for the same tenant in a visitor or hook is not supported.
template <class Policy, class TracerType>
ErasureReceipt erase_user(Backend<Policy, TracerType>& backend, const Context& context,
                          const ErasureOptions& options = {}) {
  return erasure::Erasure<Policy, TracerType>::erase_user(backend, context, options);
}

/// The same operation of the backend in a handle, as a view. Null if the program has not compiled `heddle/erasure.ipp`
/// for it, as the compiled backends do: see `erasure::Erasure::compile`.
[[nodiscard]] inline erased::UserErasure user_erasure(AnyBackend& backend) {
  return erased::UserErasure(erased::Access::transfer(backend));
}

/// The same for a handle. Throws `failed_precondition` if `user_erasure` is null.
inline ErasureReceipt erase_user(AnyBackend& backend, const Context& context, const ErasureOptions& options = {}) {
  return user_erasure(backend)->erase_user(context, options);
}

}  // namespace heddle

#ifdef HEDDLE_SQLITE_COMPILED
#include "heddle/sqlite/policy.hpp"
extern template struct heddle::erasure::Erasure<heddle::Sqlite, heddle::NoTracing>;
#endif
#ifdef HEDDLE_POSTGRES_COMPILED
#include "heddle/postgres/policy.hpp"
extern template struct heddle::erasure::Erasure<heddle::Postgres, heddle::NoTracing>;
#endif
#if !defined(HEDDLE_SQLITE_COMPILED) && !defined(HEDDLE_POSTGRES_COMPILED)
#include "heddle/erasure.ipp"
#endif
