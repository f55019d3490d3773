#pragma once

/// @file
/// A whole tenant, out and in, as one stream of JSON lines: `export_user`, `import_user` and `abort_import`, for every
/// backend and for AnyBackend.
///
///     std::ofstream file("alice.jsonl", std::ios::binary);
///     heddle::export_user(backend, alice, [&](std::string_view bytes) { file << bytes; });
///     heddle::import_user(other_backend, alice, std::filesystem::path("alice.jsonl"));
///
/// A program that links the compiled backends finds the definitions there; for a tracer or a policy of your own include
/// `heddle/transfer.ipp`.

#include "heddle/needs_cxx20.hpp"

#include "heddle/any_backend.hpp"
#include "heddle/backend.hpp"
#include "heddle/context.hpp"
#include "heddle/erased/user_transfer.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/tracing.hpp"
#include "heddle/transfer/operations.hpp"

namespace heddle {

/// Writes all data of the tenant to a sink, in pieces: a line with a header, a line for each record, and a line with
/// counts and digests; `doc/production.md` describes them. All of it is of one moment, while others write. Memory does
/// not grow with the number of records, but for some bytes for each branch: the longest record counts. On SQLite it is
/// a long read: the write-ahead log grows meanwhile, up to `visitor_log_bytes`.
///
/// Throws `failed_precondition` while an import of the tenant has not ended, `data_loss` if the file of a content is
/// missing, `conflict` if another call has removed the content meanwhile, what the sink throws, and what a read throws.
/// What the sink has then is no whole stream: it has no trailer. With an empty sink there is no stream: the report only
/// has the counts and `records_checksum`, by which tenants are compared.
template <class Policy, class TracerType>
ExportReport export_user(Backend<Policy, TracerType>& backend, const Context& context, const ExportSink& sink,
                         const ExportOptions& options = {}) {
  return transfer::Transfer<Policy, TracerType>::export_user(backend, context, sink, options);
}

/// Stores a stream of `export_user` for the tenant, with the same ids, times, branches, folds and contents. The stream
/// is read twice, and a function that reads it is read into a temporary file first: nothing is written before all of it
/// was verified. Then it is written in batches. Until the last one nothing of it is seen: sessions and artifacts are
/// hidden, with what hangs on them; results and idempotency keys come last. New sessions, artifacts, results, errors
/// and requests of the tenant are refused meanwhile with `failed_precondition`. An import that was interrupted goes on
/// when it is called with the same stream again; or `abort_import` undoes it.
///
/// Throws `data_loss` with the number of the line for a stream that is damaged; `already_exists` if the tenant has
/// data, see OnConflict; `failed_precondition` for the stream of another tenant, unless the options allow that, for one
/// of a newer version, and while an import of another stream has not ended; `conflict` if another call does the same;
/// and what a write throws.
template <class Policy, class TracerType>
ImportReport import_user(Backend<Policy, TracerType>& backend, const Context& context, const ContentSource& source,
                         const ImportOptions& options = {}) {
  return transfer::Transfer<Policy, TracerType>::import_user(backend, context, source, options);
}

/// Removes what an import of the tenant that has not ended has written, in batches; returns false if there is none. If
/// it is interrupted, call it again. Throws `conflict` if another call ends that first, or an erasure begins.
template <class Policy, class TracerType>
bool abort_import(Backend<Policy, TracerType>& backend, const Context& context) {
  return transfer::Transfer<Policy, TracerType>::abort_import(backend, context);
}

/// The same operations of the backend in a handle, as a view. Null if the program has not compiled
/// `heddle/transfer.ipp` for it, as the compiled backends do: see `transfer::Transfer::compile`.
[[nodiscard]] inline erased::UserTransfer user_transfer(AnyBackend& backend) {
  return erased::UserTransfer(erased::Access::transfer(backend));
}

/// The same for a handle. Throws `failed_precondition` if `user_transfer` is null.
inline ExportReport export_user(AnyBackend& backend, const Context& context, const ExportSink& sink,
                                const ExportOptions& options = {}) {
  return user_transfer(backend)->export_user(context, sink, options);
}
/// The same for a handle. Throws `failed_precondition` if `user_transfer` is null.
inline ImportReport import_user(AnyBackend& backend, const Context& context, const ContentSource& source,
                                const ImportOptions& options = {}) {
  return user_transfer(backend)->import_user(context, source, options);
}
/// The same for a handle. Throws `failed_precondition` if `user_transfer` is null.
inline bool abort_import(AnyBackend& backend, const Context& context) {
  return user_transfer(backend)->abort_import(context);
}

}  // namespace heddle

#ifdef HEDDLE_SQLITE_COMPILED
#include "heddle/sqlite/policy.hpp"
extern template struct heddle::transfer::Transfer<heddle::Sqlite, heddle::NoTracing>;
#endif
#ifdef HEDDLE_POSTGRES_COMPILED
#include "heddle/postgres/policy.hpp"
extern template struct heddle::transfer::Transfer<heddle::Postgres, heddle::NoTracing>;
#endif
#if !defined(HEDDLE_SQLITE_COMPILED) && !defined(HEDDLE_POSTGRES_COMPILED)
#include "heddle/transfer.ipp"
#endif
