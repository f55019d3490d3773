#pragma once

/// @file
/// All tenants of one backend into another: `copy`, between any two backends and handles.
///
///     heddle::copy(sqlite, postgres, {}, {.on_progress = [](const heddle::CopyProgress& progress) { ... }});
///
/// It is made of `heddle/transfer.hpp`, tenant by tenant.

#include "heddle/needs_cxx20.hpp"

#include "heddle/capabilities.hpp"
#include "heddle/concepts/storage_backend.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/copy.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/options.hpp"
#include "heddle/refusal.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer.hpp"
#include "heddle/transfer/pipe.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <system_error>
#include <thread>

namespace heddle {
namespace transfer {

inline constexpr Refusal has_other_data{
    ErrorCode::conflict, "the tenant",
    "has other data at the target than at the source: remove it there, or set keep_other_data to leave it as it is"};
inline constexpr Refusal copy_differs{
    ErrorCode::data_loss, "the tenant",
    "was copied, but what the target returns differs: another call has written there meanwhile, or the artifacts' "
    "quota there is another one, or the target is damaged"};

/// One copy. Not for users: see `heddle::copy`.
template <class From, class To>
class Copier {
 public:
  /// Keeps references to all four.
  Copier(From& from, To& to, const Context& context, const CopyOptions& options)
      : from_(from), to_(to), context_(context), options_(options) {}

  /// Copies all tenants; may be called once.
  CopyReport run() {
    if (!administration(from_)) {
      throw Error(ErrorCode::failed_precondition,
                  "the source cannot list its tenants: open it with an admin_dsn (PostgreSQL) or with "
                  "administer_tenants (SQLite)");
    }
    for_each_tenant([this](const std::string& /*tenant*/) { ++progress_.tenants; });
    for_each_tenant([this](const std::string& tenant) { copy_tenant(tenant); });
    return report_;
  }

 private:
  /// What the headers of all streams say: a later call makes the same stream, with which an import goes on.
  static constexpr Timestamp time{std::chrono::microseconds(1)};

  template <class Visit>
  void for_each_tenant(const Visit& visit) {
    const auto admin = administration(from_);
    PageRequest request{.limit = limits::page};
    do {
      const auto page = admin->list_tenants(context_, request);
      for (const std::string& tenant : page.items) { visit(tenant); }
      request.cursor = page.next;
    } while (!request.cursor.empty());
  }

  void copy_tenant(const std::string& tenant) {
    Context context = context_;
    context.user_id = tenant;
    ++progress_.number;
    progress_.tenant = tenant;
    progress_.stored = 0;
    progress_.records = 0;
    tell(CopyState::reading);
    if (leave(context)) { return; }
    ImportReport stored;
    try {
      stored = pass(context);
    } catch (const Error& error) {
      // Other data came meanwhile, or lay beside an import that was undone.
      if (error.code() != ErrorCode::already_exists || !leave(context)) { throw; }
      return;
    }
    // Of one that has removed all of its data a row may be left.
    if (stored.records == 0) { return end_unchanged(0); }
    const ExportReport found = measure(target, to_, context);
    if (found.counts != stored.counts || found.records_checksum != stored.records_checksum) {
      throw copy_differs.of(tenant).error();
    }
    ++report_.copied;
    if (stored.resumed) { ++report_.resumed; }
    report_.records += stored.records;
    for (const auto& count : stored.counts) { report_.counts[count.first] += count.second; }
    end(CopyState::copied, stored.records);
  }

  /// Returns true if the target has data of the tenant, which stay as they are.
  bool leave(const Context& context) {
    const auto present = present_at_target(context);
    if (!present) { return false; }
    if (measure(source, from_, context).records_checksum == present->records_checksum) {
      end_unchanged(present->records);
      return true;
    }
    // The import replaces a quota.
    const auto quota = present->counts.find("artifact_quota");
    if (quota != present->counts.end() && present->records == quota->second) { return false; }
    if (!options_.keep_other_data) { throw has_other_data.of(context.user_id).error(); }
    ++report_.kept;
    end(CopyState::kept, 0);
    return true;
  }

  /// Returns what a whole tenant has at the target; nothing if it has no data there, or an import has not ended.
  std::optional<ExportReport> present_at_target(const Context& context) {
    try {
      ExportReport report = measure(target, to_, context);
      if (report.records == 0) { return std::nullopt; }
      return report;
    } catch (const Error& error) {
      // If it is for another reason, the import will be refused for the same.
      if (error.code() != ErrorCode::failed_precondition) { throw; }
      return std::nullopt;
    }
  }

  template <class Backend>
  ExportReport measure(std::string_view side, Backend& backend, const Context& context) {
    return saying(side, context, [&] { return export_user(backend, context, ExportSink{}); });
  }

  /// Exports in another thread what it imports.
  ImportReport pass(const Context& context) {
    Pipe pipe;
    const auto write_all = [this, &pipe, &context] {
      try {
        export_user(from_, context, [&pipe](std::string_view bytes) { pipe.write(bytes); }, {.time = time});
        pipe.end();
      } catch (...) { pipe.end(std::current_exception()); }
    };
    // Ends before this function returns.
    std::jthread exporter;
    try {
      exporter = std::jthread(write_all);
    } catch (const std::system_error&) {
      throw Error(ErrorCode::resource_exhausted, "the thread that reads the source could not be started");
    }
    const PipeReader reader(pipe);
    const auto tell_batch = [this](const auto& batch) {
      progress_.stored = batch.stored;
      progress_.records = batch.records;
      tell(CopyState::storing);
    };
    bool source_failed = false;
    const auto read = [&](std::span<char> buffer) {
      source_failed = true;
      const std::size_t count = saying(source, context, [&] { return pipe.read(buffer); });
      source_failed = false;
      return count;
    };
    const ImportOptions options{.artifact_quota = true, .replace_unfinished = true, .on_progress = tell_batch};
    try {
      return import_user(to_, context, read, options);
    } catch (const Error& error) {
      if (source_failed || observer_failed_) { throw; }
      throw in(target, context, error);
    }
  }

  static constexpr std::string_view source = "at the source, the tenant ";
  static constexpr std::string_view target = "at the target, the tenant ";

  /// Returns the error with where it occurred.
  static Error in(std::string_view side, const Context& context, const Error& error) {
    return Error(error.code(), std::string(side).append(quoted_id(context.user_id)).append(": ").append(error.what()),
                 error.native_code(), error.in_doubt() ? Outcome::in_doubt : Outcome::nothing_happened);
  }
  template <class Call>
  static auto saying(std::string_view side, const Context& context, const Call& call) {
    try {
      return call();
    } catch (const Error& error) { throw in(side, context, error); }
  }

  void end_unchanged(std::int64_t records) {
    ++report_.unchanged;
    end(CopyState::unchanged, records);
  }
  void end(CopyState state, std::int64_t records) {
    ++report_.tenants;
    progress_.stored = records;
    progress_.records = records;
    tell(state);
  }
  void tell(CopyState state) {
    progress_.state = state;
    if (!options_.on_progress) { return; }
    observer_failed_ = true;
    options_.on_progress(progress_);
    observer_failed_ = false;
  }

  From& from_;
  To& to_;
  const Context& context_;
  const CopyOptions& options_;
  bool observer_failed_ = false;
  CopyProgress progress_{};
  CopyReport report_{};
};

}  // namespace transfer

/// Copies all tenants of `from` that have anything stored into `to`, one after the other, by `export_user` and
/// `import_user`: with the same ids, times, branches, folds, contents and quotas. Each is read back and compared by
/// counts and digest before the next one begins. Tenants that only the target has stay as they are.
///
/// Call it again after a kill, a stop or a failure: a tenant that is complete at the target, with the same digest, is
/// not written again; one that is half imported goes on. If the source has changed, or the import is another one that
/// has not ended, it is undone and begun anew. Do not serve the tenants meanwhile: what they write to the source after
/// their turn is not copied, and makes the next call find other data. A stream lies in a temporary file meanwhile, as
/// `import_user` says, and a thread of the call reads the source.
///
/// Let one call copy into a target at a time. Of two that write the same tenant one throws `conflict`; nothing is
/// stored twice.
///
/// The tenant of the context is ignored; its deadline and its stop token are for the whole copy. Precondition: both
/// are migrated. Threads: as those of the two backends.
///
/// Throws `failed_precondition` if the source does not administer, which lists the tenants (see AdministersTenants),
/// and while an import into the source or an erasure there has not ended; `conflict` for a tenant that has other data
/// at the target, unless the options keep it; `data_loss` if a copied tenant is not the same when it is read back;
/// `resource_exhausted` if the thread cannot be started; what an export or an import throws, with the side and the
/// tenant in its message; and what the observer throws. Tenants that were copied before stay.
template <StorageBackend From, StorageBackend To>
CopyReport copy(From& from, To& to, const Context& context = {}, const CopyOptions& options = {}) {
  return transfer::Copier<From, To>(from, to, context, options).run();
}

}  // namespace heddle
