// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/artifact_folder.hpp"
#include "heddle/adoption/artifacts.hpp"
#include "heddle/adoption/conversations.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/records.hpp"
#include "heddle/adoption/results.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/adoption/survey.hpp"
#include "heddle/adoption/temporary_stream.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/adoption.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer.hpp"
#include "heddle/transfer/stream_writer.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::adoption {

/// The tenant of a `loom.db`, which has no others.
inline constexpr std::string_view file_tenant = "default-user";

/// The first schema of Heddle that has all columns of the streams that are written here.
inline constexpr std::int64_t stream_schema = 13;

/// Adopts a source: writes the stream of each tenant into a file, imports it, and compares what was stored with it.
template <class Source>
class Adopter {
 public:
  Adopter(Source& source, const std::filesystem::path& artifacts, const Context& context,
          const AdoptionOptions& options)
      : source_(source), folder_(artifacts), context_(context), options_(options), tables_(source.tables()) {}

  template <class Backend>
  AdoptionReport run(Backend& backend) {
    report_.schema = check_schema(source_, tables_);
    note_unread(source_, tables_, notes_);
    find_tenants();
    for (const std::string& tenant : report_.tenants) {
      TemporaryStream file(options_.temporary_directory);
      const ExportReport written = write_stream(tenant, file);
      source_.check_unchanged();
      store(backend, tenant, file.finish(), written);
      for (const auto& [type, count] : written.counts) { report_.counts[type] += count; }
    }
    notes_.move_to(report_);
    return std::move(report_);
  }

 private:
  [[nodiscard]] const SourceTable& table(std::string_view name) const {
    const auto found =
        std::find_if(tables_.begin(), tables_.end(), [&](const auto& each) { return each.name == name; });
    return found == tables_.end() ? missing_ : *found;
  }

  void find_tenants() {
    if constexpr (!Source::has_tenants) {
      report_.tenants.emplace_back(file_tenant);
    } else {
      std::string text;
      for (const KnownTable& each : known::tables) {
        if (!table(each.name).has("user_id")) { continue; }
        text.append(text.empty() ? "" : " UNION ").append("SELECT user_id FROM ").append(source_.name_of(each.name));
      }
      source_.each("SELECT user_id FROM (" + text + ") t ORDER BY user_id COLLATE \"C\"", {}, [&](const auto& row) {
        const std::string tenant = row.text(0);
        if (is_usable_id(tenant)) {
          report_.tenants.push_back(tenant);
        } else {
          notes_.leave_out("sessions", "user_id", "a tenant whose id is empty or too long: with all of its rows");
        }
      });
    }
  }

  ExportReport write_stream(const std::string& tenant, TemporaryStream& file) {
    const ExportSink sink = [&](std::string_view bytes) {
      context_.check();
      file.write(bytes);
    };
    transfer::StreamWriter out(sink);
    // Always the same time: a repeat must give the same stream, to go on with it.
    out.header(tenant, stream_schema, Timestamp{});
    Conversations<Source> conversations(source_, table("sessions"), table("messages"), table("memory_snapshots"),
                                        tenant, context_, notes_);
    Records<Source, Conversations<Source>> records(source_, tenant, conversations, notes_);
    Artifacts<Source, Conversations<Source>> artifacts(source_, table("artifacts"), folder_, tenant, conversations,
                                                       context_, notes_);
    conversations.write_sessions(out);
    conversations.write_folds(out);
    conversations.write_messages(out);
    conversations.write_links(out);
    records.write_executions(out, table("tool_executions"));
    records.write_snapshots(out, table("memory_snapshots"));
    records.write_errors(out, table("agent_errors"));
    artifacts.write(out);
    records.write_requests(out, table("human_requests"));
    Results<Source>(source_, tables_, table("sql_result_metadata"), tenant, notes_).write(out);
    report_.files += artifacts.files();
    return out.trailer();
  }

  /// Imports a stream, unless an earlier call has stored it; then compares what is stored with it.
  template <class Backend>
  void store(Backend& backend, const std::string& tenant, const std::filesystem::path& stream,
             const ExportReport& written) {
    if (written.records == 0) { return; }
    Context context = context_;
    context.user_id = tenant;
    ImportOptions options;
    if (options_.on_progress) {
      options.on_progress = [&](const ImportProgress& progress) {
        const auto at = std::find(report_.tenants.begin(), report_.tenants.end(), tenant) - report_.tenants.begin();
        options_.on_progress(
            {tenant, at + 1, static_cast<std::int64_t>(report_.tenants.size()), progress.stored, progress.records});
      };
    }
    bool is_stored = false;
    try {
      import_user(backend, context, stream, options);
    } catch (const Error& error) {
      if (error.code() != ErrorCode::already_exists) { throw; }
      is_stored = true;
    }
    const ExportReport stored = export_user(backend, context, [](std::string_view /*bytes*/) {});
    if (stored.records_checksum == written.records_checksum) {
      report_.tenants_before += is_stored ? 1 : 0;
      return;
    }
    if (is_stored) {
      throw Error(ErrorCode::already_exists,
                  "a tenant of the source has other data in this database: adopt into a new one");
    }
    throw Error(ErrorCode::data_loss, "what was stored of a tenant differs from the source: was it written meanwhile?");
  }

  Source& source_;
  SourceFolder folder_;
  const Context& context_;
  const AdoptionOptions& options_;
  std::vector<SourceTable> tables_;
  SourceTable missing_{};
  Notes notes_{};
  AdoptionReport report_{};
};

}  // namespace heddle::adoption
