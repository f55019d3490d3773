// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/message_reader.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/raw_json.hpp"
#include "heddle/adoption/row_text.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/session.hpp"
#include "heddle/sql/quote_identifier.hpp"
#include "heddle/stores/detail/tool_links.hpp"
#include "heddle/transfer/marks.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/stream_writer.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace heddle::adoption {

/// The sessions of a tenant and their messages, in the order in which the source replays them: by id where it has
/// turns, before that by time, those of one second by id.
template <class Source>
class Conversations {
 public:
  Conversations(Source& source, const SourceTable& sessions, const SourceTable& messages, const SourceTable& snapshots,
                const std::string& tenant, const Context& context, Notes& notes)
      : source_(source),
        session_table_(sessions),
        message_table_(messages),
        snapshot_table_(snapshots),
        tenant_(tenant),
        context_(context),
        notes_(notes) {
    find_sessions();
    count_messages();
  }

  [[nodiscard]] bool has(const std::string& session) const { return places_.contains(session); }

  void write_sessions(transfer::StreamWriter& out) {
    source_.each("SELECT " + select_list<Source>(session_table_, known::sessions) + from_sessions(), {tenant_},
                 [&](const auto& row) { write_session(out, row); });
    for (const Entry& entry : sessions_) {
      transfer::BranchRow branch;
      branch.session_id = entry.id;
      branch.branch = 1;
      branch.first_sequence = 1;
      append_row(out.begin(transfer::RecordType::branch), branch);
      out.end();
    }
    for (std::size_t place = 1; place <= sessions_.size(); ++place) {
      std::string& text = out.begin(transfer::RecordType::segment);
      refer(text, "branch", place);
      refer(text, "source", place);
      append_row(text, transfer::SegmentRow{1, limits::sequence});
      out.end();
    }
  }

  /// Messages that were folded away, with the newest summary of their session in the place of the first of them.
  void write_folds(transfer::StreamWriter& out) {
    std::vector<std::pair<std::size_t, std::vector<Run>>> folded;
    for (std::size_t at = 0; at < sessions_.size(); ++at) {
      if (!sessions_[at].is_folded) { continue; }
      const std::vector<Run> runs = runs_of(sessions_[at].id);
      const transfer::SummaryRow newest = summary_of(sessions_[at].id);
      for (std::size_t run = 0; run < runs.size(); ++run) {
        transfer::SummaryRow summary = newest;
        if (run != 0) {
          summary.content.clear();
          summary.token_count = 0;
        }
        append_row(out.begin(transfer::RecordType::summary), summary);
        out.end();
      }
      folded.emplace_back(at + 1, runs);
    }
    std::int64_t summary = 0;
    for (const auto& [place, runs] : folded) {
      std::string& first = out.begin(transfer::RecordType::fold);
      refer(first, "branch", place);
      append_row(first, transfer::FoldRow{});
      out.end();
      for (const Run& run : runs) {
        std::string& text = out.begin(transfer::RecordType::fold);
        refer(text, "branch", place);
        refer(text, "summary", static_cast<std::size_t>(++summary));
        append_row(text, transfer::FoldRow{0, run.second, run.first});
        out.end();
      }
    }
  }

  void write_messages(transfer::StreamWriter& out) {
    for_each_message(
        [&](std::size_t place, std::int64_t sequence, const Message& message) {
          std::string& text = out.begin(transfer::RecordType::message);
          refer(text, "branch", place);
          refer(text, "sequence", static_cast<std::size_t>(sequence));
          append_row(text, message_row(message));
          out.end();
        },
        notes_);
  }

  void write_links(transfer::StreamWriter& out) {
    Notes ignored;
    for_each_message(
        [&](std::size_t place, std::int64_t sequence, const Message& message) {
          stores::detail::for_each_link(
              message, [&](std::int64_t position, std::string_view call_id, std::int64_t is_result) {
                std::string& text = out.begin(transfer::RecordType::tool_link);
                refer(text, "branch", place);
                refer(text, "sequence", static_cast<std::size_t>(sequence));
                append_row(text, transfer::LinkRow{position, std::string(call_id), is_result});
                out.end();
              });
        },
        ignored);
  }

 private:
  struct Entry {
    std::string id{};
    std::int64_t messages = 0;
    bool is_folded = false;
  };
  using Run = std::pair<std::int64_t, std::int64_t>;  ///< first and last sequence

  static void refer(std::string& text, std::string_view name, std::size_t place) {
    text.append(",\"").append(name).append("\":");
    transfer::append_number(text, place);
  }

  [[nodiscard]] std::string from_sessions() const {
    return " FROM " + source_.all_of("sessions") + " WHERE " + Source::of_tenant("") + " ORDER BY " +
           sql::quote_identifier("created_at") + ", " + Source::row_order();
  }
  /// Of the tenant. What was soft-deleted by itself is not there.
  [[nodiscard]] std::string from_messages() const { return " FROM " + source_.name_of("messages") + of_messages(); }
  [[nodiscard]] std::string of_messages() const {
    return " WHERE " + Source::of_tenant("") + (message_table_.has("deleted_at") ? " AND deleted_at IS NULL" : "");
  }
  [[nodiscard]] std::string of_session() const {
    return from_messages() + " AND session_id = ?2 ORDER BY " +
           (message_table_.has("turn") ? "id" : "\"timestamp\", id");
  }

  void find_sessions() {
    source_.each("SELECT id" + from_sessions(), {tenant_}, [&](const auto& row) {
      std::string id = row.text(0);
      if (!is_usable_id(id) || id == transfer::staging_session) {
        notes_.leave_out("sessions", "", "the id is empty, too long or no UTF-8");
        return;
      }
      places_.emplace(id, sessions_.size());
      sessions_.push_back({std::move(id)});
    });
  }

  void count_messages() {
    const std::string folded =
        message_table_.has("folded") ? "max(" + Source::expression({"folded", Form::flag}) + ")" : "0";
    std::int64_t missing = 0;
    source_.each("SELECT count(*) FROM " + source_.all_of("messages") + of_messages(), {tenant_},
                 [&](const auto& row) { missing = row.integer(0); });
    source_.each("SELECT session_id, count(*), " + folded + from_messages() + " GROUP BY session_id", {tenant_},
                 [&](const auto& row) {
                   missing -= row.integer(1);
                   const auto found = places_.find(row.text(0));
                   if (found == places_.end()) {
                     notes_.leave_out("messages", "", "their session does not exist for this tenant", row.integer(1));
                     return;
                   }
                   Entry& entry = sessions_[found->second];
                   entry.messages = row.integer(1);
                   entry.is_folded = row.integer(2) != 0;
                   if (entry.messages > limits::sequence) {
                     throw Error(ErrorCode::resource_exhausted, "a session of the source has more than 2^24 messages");
                   }
                 });
    if (missing != 0) { refuse_index(); }
    if (!message_table_.has("deleted_at")) { return; }
    source_.each("SELECT count(*) FROM " + source_.name_of("messages") + " WHERE " + Source::of_tenant("") +
                     " AND deleted_at IS NOT NULL",
                 {tenant_}, [&](const auto& row) {
                   notes_.leave_out("messages", "", "soft-deleted without their session", row.integer(0));
                 });
  }

  template <class Row>
  void write_session(transfer::StreamWriter& out, const Row& source_row) {
    Columns<Row> columns(source_row, "sessions", known::sessions, notes_);
    transfer::SessionRow row;
    row.id = columns.id();
    row.name = columns.text();
    row.agent_id = columns.text(limits::of<&Session::agent_id>);
    row.parent_session_id = columns.id();
    row.context = columns.object();
    row.created_at = columns.time();
    row.updated_at = columns.time();
    row.total_cost_usd = columns.cost();
    row.total_tokens = columns.count();
    row.deleted_at = columns.deletion();
    const auto found = places_.find(row.id);
    if (found == places_.end()) { return; }
    if (row.parent_session_id->empty()) { row.parent_session_id.reset(); }
    if (row.parent_session_id && !has(*row.parent_session_id)) {
      notes_.change("sessions", "parent_session_id", "the parent does not exist for this tenant: they have none");
      row.parent_session_id.reset();
    }
    row.revision = 1;
    row.branch = 1;
    row.first_sequence = 1;
    row.last_sequence = sessions_[found->second].messages;
    append_row(out.begin(transfer::RecordType::session), row);
    out.end();
  }

  /// The ranges of folded messages of a session.
  [[nodiscard]] std::vector<Run> runs_of(const std::string& session) {
    std::vector<Run> runs;
    std::int64_t sequence = 0;
    source_.each("SELECT " + Source::expression({"folded", Form::flag}) + of_session(), {tenant_, session},
                 [&](const auto& row) {
                   ++sequence;
                   if (row.integer(0) == 0) { return; }
                   if (runs.empty() || runs.back().second + 1 != sequence) { runs.emplace_back(sequence, sequence); }
                   runs.back().second = sequence;
                 });
    return runs;
  }

  /// The newest snapshot of a fold that is not soft-deleted: an object with a number and a text.
  [[nodiscard]] transfer::SummaryRow summary_of(const std::string& session) {
    transfer::SummaryRow summary;
    source_.each("SELECT " + select_list<Source>(snapshot_table_, known::folds) + " FROM " +
                     source_.name_of("memory_snapshots") + " WHERE " + Source::of_tenant("") +
                     (snapshot_table_.has("deleted_at") ? " AND deleted_at IS NULL" : "") +
                     " AND session_id = ?2 AND snapshot_type = 'fold' ORDER BY id DESC LIMIT 1",
                 {tenant_, session}, [&](const auto& row) {
                   Notes counted_with_snapshots;
                   Columns columns(row, "memory_snapshots", known::folds, counted_with_snapshots);
                   const std::string content = summary.content = columns.json();
                   summary.token_count = columns.count();
                   summary.created_at = columns.time();
                   if (content.starts_with('{') && validation::is_json(content)) {
                     for_each_field(content, [&](std::string_view name, std::string_view value) {
                       if (name == "text") { summary.content = json_text(value); }
                     });
                   }
                   cut_text(summary.content, limits::text);
                 });
    return summary;
  }

  [[noreturn]] static void refuse_index() {
    throw Error(ErrorCode::data_loss,
                "an index of the source has other messages than their table: make it anew (REINDEX), and adopt again");
  }

  template <class Visit>
  void for_each_message(Visit&& visit, Notes& notes) {
    const std::string text = "SELECT " + select_list<Source>(message_table_, known::messages) + of_session();
    for (std::size_t at = 0; at < sessions_.size(); ++at) {
      if (sessions_[at].messages == 0) { continue; }
      context_.check();
      std::int64_t sequence = 0;
      source_.each(text, {tenant_, sessions_[at].id},
                   [&](const auto& row) { visit(at + 1, ++sequence, reader_.read(row, notes)); });
      if (sequence != sessions_[at].messages) { refuse_index(); }
    }
  }

  Source& source_;
  const SourceTable& session_table_;
  const SourceTable& message_table_;
  const SourceTable& snapshot_table_;
  const std::string& tenant_;
  const Context& context_;
  Notes& notes_;
  std::vector<Entry> sessions_{};
  std::unordered_map<std::string, std::size_t> places_{};
  MessageReader reader_{};
};

}  // namespace heddle::adoption
