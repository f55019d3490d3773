// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/loom_json.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/row_text.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/stream_writer.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace heddle::adoption {

/// The records of a tenant that are neither messages nor artifacts nor results.
template <class Source, class Sessions>
class Records {
 public:
  Records(Source& source, const std::string& tenant, const Sessions& sessions, Notes& notes)
      : source_(source), tenant_(tenant), sessions_(sessions), notes_(notes) {}

  void write_executions(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::tool_executions, "id", [&](auto& columns) {
      transfer::ExecutionRow row;
      row.session_id = columns.text();
      row.tool_name = columns.text();
      row.input = columns.json();
      if (row.input.empty()) { row.input = "{}"; }
      const std::string result = columns.json();
      row.error = columns.optional_text();
      row.execution_time_ms = columns.integer();
      row.timestamp = columns.integer();
      const bool has_decision = !columns.text().empty();
      if (!requires_session("tool_executions", row.session_id)) { return; }
      if (has_decision) {
        notes_.leave_out("tool_executions", "admission_decision", "Heddle keeps no decision of admission");
      }
      if (!result.empty()) { row.result = transfer::JsonColumn{sql::json::encode(result_of(result))}; }
      write(out, transfer::RecordType::tool_execution, row);
    });
  }

  void write_snapshots(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::memory_snapshots, Source::byte_order("id"), [&](auto& columns) {
      transfer::SnapshotRow row;
      row.id = columns.text();
      row.session_id = columns.text();
      row.snapshot_type = columns.text();
      row.content = columns.text();
      row.token_count = columns.integer();
      row.created_at = columns.integer();
      if (!requires_session("memory_snapshots", row.session_id)) { return; }
      write(out, transfer::RecordType::snapshot, row);
    });
  }

  void write_errors(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::agent_errors, Source::byte_order("id"), [&](auto& columns) {
      transfer::ErrorRow row;
      row.id = columns.text();
      row.timestamp = columns.integer();
      row.session_id = columns.optional_text();
      row.tool_name = columns.text();
      row.raw_error = columns.text();
      row.short_summary = columns.text();
      if (!has_usable_id("agent_errors", row.id)) { return; }
      forget_missing("agent_errors", row.session_id);
      write(out, transfer::RecordType::error, row);
    });
  }

  void write_requests(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::human_requests, Source::byte_order("id"), [&](auto& columns) {
      transfer::RequestRow row;
      row.id = columns.text();
      row.agent_id = columns.text();
      row.session_id = columns.optional_text();
      row.question = columns.text();
      row.context = columns.object();
      row.request_type = columns.name("request_type", RequestType::input);
      row.priority = columns.name("priority", RequestPriority::normal);
      row.timeout_ms = columns.integer();
      row.created_at = columns.integer();
      row.expires_at = columns.optional_integer();
      row.status = columns.name("status", RequestStatus::cancelled);
      row.response = columns.text();
      row.response_data = columns.object();
      row.responded_at = columns.optional_integer();
      row.responded_by = columns.text();
      row.kind = columns.optional_text();
      row.summary = columns.optional_text();
      const std::string parameters = columns.json();
      const bool is_cut = columns.integer() != 0;
      if (!has_usable_id("human_requests", row.id)) { return; }
      if (!parameters.empty()) { row.parameters = parameters; }
      if (is_cut) {
        notes_.leave_out("human_requests", "params_truncated", "Heddle has no mark for parameters that were cut");
      }
      forget_missing("human_requests", row.session_id);
      write(out, transfer::RecordType::human_request, row);
    });
  }

 private:
  template <class Read>
  void each(const SourceTable& table, std::span<const Wish> wishes, const std::string& order, Read&& read) {
    if (table.columns.empty()) { return; }
    const bool hides = table.has("deleted_at");
    const std::string from = " FROM " + source_.name_of(table.name) + " WHERE " + Source::of_tenant("");
    source_.each("SELECT " + select_list<Source>(table, wishes) + from + (hides ? " AND deleted_at IS NULL" : "") +
                     " ORDER BY " + order,
                 {tenant_}, [&](const auto& row) {
                   Columns columns(row, table.name, notes_);
                   read(columns);
                 });
    if (!hides) { return; }
    source_.each("SELECT count(*)" + from + " AND deleted_at IS NOT NULL", {tenant_}, [&](const auto& row) {
      notes_.leave_out(table.name, "", "soft-deleted without their session", row.integer(0));
    });
  }

  template <class Row>
  static void write(transfer::StreamWriter& out, transfer::RecordType type, const Row& row) {
    append_row(out.begin(type), row);
    out.end();
  }

  [[nodiscard]] ToolResult result_of(const std::string& text) {
    if (auto result = read_result(text)) { return *result; }
    notes_.change("tool_executions", "result_json", "no JSON of the Go server: it is the data of the result, as text");
    return {.success = false, .data = JsonValue(text)};
  }

  [[nodiscard]] bool has_usable_id(std::string_view table, const std::string& id) {
    if (is_usable_id(id)) { return true; }
    notes_.leave_out(table, "", "the id is empty, too long or no UTF-8");
    return false;
  }
  [[nodiscard]] bool requires_session(std::string_view table, const std::string& session) {
    if (sessions_.has(session)) { return true; }
    notes_.leave_out(table, "", "their session does not exist for this tenant");
    return false;
  }
  void forget_missing(std::string_view table, std::optional<std::string>& session) {
    if (!session || sessions_.has(*session)) { return; }
    notes_.change(table, "session_id", "the session does not exist for this tenant: they have none");
    session.reset();
  }

  Source& source_;
  const std::string& tenant_;
  const Sessions& sessions_;
  Notes& notes_;
};

}  // namespace heddle::adoption
