// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/loom_json.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/row_text.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/stored_error.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/stores/detail/error_text.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/stream_writer.hpp"
#include "heddle/validation/time_range.hpp"

#include <chrono>
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
    each(table, known::tool_executions, "", "m.id", [&](auto& columns) {
      transfer::ExecutionRow row;
      row.session_id = columns.id();
      row.tool_name = columns.text();
      row.input = columns.json();
      if (row.input.empty()) { row.input = "{}"; }
      cut("tool_executions", "input_json", row.input);
      const std::string result = columns.json();
      row.error = columns.optional_text();
      row.execution_time_ms = columns.integer();
      row.timestamp = columns.time();
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
    const std::string later = table.columns.empty() ? std::string() : snapshots_before(table);
    each(table, known::memory_snapshots, later, Source::byte_order("m.id"), [&](auto& columns) {
      transfer::SnapshotRow row;
      row.id = columns.id();
      row.session_id = columns.id();
      row.snapshot_type = columns.text();
      row.content = columns.text();
      row.token_count = columns.count();
      row.created_at = columns.time();
      const std::int64_t before = columns.integer();
      if (!requires_session("memory_snapshots", row.session_id)) { return; }
      if (before != 0) {
        notes_.change("memory_snapshots", "created_at",
                      "made at the same time as others, and the texts of their ids have another order: some "
                      "microseconds later");
        row.created_at += before;
      }
      write(out, transfer::RecordType::snapshot, row);
    });
  }

  void write_errors(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::agent_errors, "", Source::byte_order("m.id"), [&](auto& columns) {
      transfer::ErrorRow row;
      row.id = columns.id();
      row.timestamp = columns.time();
      row.session_id = columns.id();
      row.tool_name = columns.text(limits::of<&StoredError::tool_name>);
      std::string raw = columns.id();
      cut("agent_errors", "raw_error", raw);
      row.raw_error = stores::detail::as_json(raw);
      row.short_summary = columns.text(limits::of<&StoredError::short_summary>);
      if (!has_usable_id("agent_errors", row.id)) { return; }
      forget_missing("agent_errors", row.session_id);
      write(out, transfer::RecordType::error, row);
    });
  }

  void write_requests(transfer::StreamWriter& out, const SourceTable& table) {
    each(table, known::human_requests, "", Source::byte_order("m.id"), [&](auto& columns) {
      transfer::RequestRow row;
      row.id = columns.id();
      row.agent_id = columns.text(limits::of<&HumanRequest::agent_id>);
      row.session_id = columns.id();
      row.question = columns.text();
      row.context = columns.object();
      row.request_type = columns.name("request_type", RequestType::input);
      row.priority = columns.name("priority", RequestPriority::normal);
      row.timeout_ms = columns.count(longest_timeout.count());
      row.created_at = columns.time();
      row.expires_at = columns.optional_time();
      row.status = columns.name("status", RequestStatus::cancelled);
      row.response = columns.text();
      row.response_data = columns.object();
      row.responded_at = columns.optional_time();
      row.responded_by = columns.text();
      row.kind = columns.optional_text(limits::of<&HumanRequest::kind>);
      row.summary = columns.optional_text();
      std::string parameters = columns.json();
      cut("human_requests", "params_json", parameters);
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
  static constexpr auto longest_timeout =
      std::chrono::duration_cast<std::chrono::milliseconds>(validation::end_of_times - validation::first_time);

  /// How many snapshots of the same list and time come before by number, but not as texts: 9 and 10. The source gives
  /// them by number, and Heddle by text.
  [[nodiscard]] std::string snapshots_before(const SourceTable& table) const {
    const auto digits = [](const std::string& alias) { return "length(" + Source::digits_of(alias + ".id") + ")"; };
    return ", (SELECT count(*) FROM " + source_.name_of(table.name) + " o WHERE " + Source::of_tenant("o.") +
           " AND o.session_id = m.session_id AND o.snapshot_type = m.snapshot_type AND o.created_at = m.created_at AND "
           "o.id < m.id AND " +
           digits("o") + " < " + digits("m") + ")";
  }

  /// Reads the rows of a table `m`, with one more column if `last` names it.
  template <class Read>
  void each(const SourceTable& table, std::span<const Wish> wishes, const std::string& last, const std::string& order,
            Read&& read) {
    if (table.columns.empty()) { return; }
    const bool hides = table.has("deleted_at");
    const std::string from = " FROM " + source_.name_of(table.name) + " m WHERE " + Source::of_tenant("m.");
    source_.each("SELECT " + select_list<Source>(table, wishes) + last + from +
                     (hides ? " AND deleted_at IS NULL" : "") + " ORDER BY " + order,
                 {tenant_}, [&](const auto& row) {
                   Columns columns(row, table.name, wishes, notes_);
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
    if (auto result = read_result(text); result && can_be_stored(*result)) { return *result; }
    notes_.change("tool_executions", "result_json",
                  "no JSON of the Go server that can be stored: it is the data of the result, as text");
    ToolResult result{.data = JsonValue(text)};
    cut("tool_executions", "result_json", result.data.text);
    return result;
  }
  void cut(std::string_view table, std::string_view column, std::string& text) {
    if (!cut_text(text, limits::text)) { return; }
    notes_.change(table, column, "was longer than " + std::to_string(limits::text) + " bytes: the rest is cut off");
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
    if (session && session->empty()) { session.reset(); }
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
