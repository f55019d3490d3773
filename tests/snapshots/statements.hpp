#pragma once

#include "heddle/sql/statement.hpp"
#include "snapshots/snapshot.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace snapshots {

/// The names and texts of the statements of a group.
using Texts = std::vector<std::pair<std::string, std::string>>;

/// The SQL of a dialect: its statements by group and name, and the other texts that it sends.
class SqlTexts {
 public:
  /// Adds a group. `texts` must name all of its statements.
  template <class Group>
  void add(const std::string& name, const Group& /*group*/, const Texts& texts) {
    // A group has only statements as members, which all have the same size.
    using Statement = heddle::sql::Statement<heddle::sql::NoRow>;
    CHECK_MESSAGE(sizeof(Group) == texts.size() * sizeof(Statement), name,
                  " has a statement that its snapshot does not name");
    for (const auto& [statement, text] : texts) {
      paragraphs_.add(name + "." + statement, text);
      known_.insert(text);
    }
  }

  /// Adds a text that was sent, unless it is the text of an added statement.
  void add_sent(const std::string& text) {
    std::string written = text;
    for (std::size_t at = 0; (at = written.find('$', at)) != std::string::npos; ++at) {
      if (at + 1 < written.size() && written[at + 1] >= '1' && written[at + 1] <= '9') { written[at] = '?'; }
    }
    if (known_.insert(written).second) { paragraphs_.add("sent", text); }
  }

  [[nodiscard]] const std::string& text() const noexcept { return paragraphs_.text(); }

 private:
  Paragraphs paragraphs_;
  std::set<std::string> known_;
};

// The statements that have the same names in both dialects.

template <class Group>
Texts sessions_of(const Group& group) {
  return {{"insert", group.insert.text()},
          {"ensure", group.ensure.text()},
          {"replace", group.replace.text()},
          {"not_hidden", group.not_hidden.text()},
          {"no_circle", group.no_circle.text()},
          {"find", group.find.text()},
          {"list", group.list.text()},
          {"list_of_agent", group.list_of_agent.text()},
          {"detach_children", group.detach_children.text()},
          {"remove", group.remove.text()},
          {"statistics", group.statistics.text()},
          {"purge_keys", group.purge_keys.text()},
          {"save_execution", group.save_execution.text()},
          {"list_executions", group.list_executions.text()},
          {"save_snapshot", group.save_snapshot.text()},
          {"list_snapshots", group.list_snapshots.text()}};
}

template <class Group>
Texts soft_deletion_of(const Group& group) {
  return {{"soft_remove", group.soft_remove.text()}, {"restore", group.restore.text()}};
}

template <class Group>
Texts admin_of(const Group& group) {
  return {{"sees_all_tenants", group.sees_all_tenants.text()}, {"list_sessions", group.list_sessions.text()},
          {"count_sessions", group.count_sessions.text()},     {"sessions_per_user", group.sessions_per_user.text()},
          {"list_tenants", group.list_tenants.text()},         {"statistics", group.statistics.text()},
          {"purge_deleted", group.purge_deleted.text()},       {"table_rights", group.table_rights.text()}};
}

/// The statements for messages, those that read them and those of usage included.
template <class Messages>
struct AllMessages : Messages, Messages::Lists, Messages::Search, Messages::UsageSums, Messages::UsageLists {};

template <class Group>
Texts messages_of(const Group& group) {
  return {{"take_sequence", group.take_sequence.text()},
          {"expect_end", group.expect_end.text()},
          {"insert", group.insert.text()},
          {"list", group.list.text()},
          {"list_of_parent", group.list_of_parent.text()},
          {"list_of_agent", group.list_of_agent.text()},
          {"number_of_session", group.number_of_session.text()},
          {"search_in_session", group.search_in_session.text()},
          {"search", group.search.text()},
          {"window", group.window.text()},
          {"window_of_tokens", group.window_of_tokens.text()},
          {"folded_window", group.folded_window.text()},
          {"folded_window_of_tokens", group.folded_window_of_tokens.text()},
          {"add", group.add.text()},
          {"of_tenant", group.of_tenant.text()},
          {"of_session", group.of_session.text()},
          {"of_agent", group.of_agent.text()},
          {"same_branch", group.same_branch.text()},
          {"same_branch_of_parent", group.same_branch_of_parent.text()}};
}

template <class Group>
Texts tool_calls_of(const Group& group) {
  return {{"list", group.list.text()},
          {"list_of_session", group.list_of_session.text()},
          {"has_room", group.has_room.text()},
          {"insert", group.insert.text()},
          {"link", group.link.text()},
          {"take", group.take.text()},
          {"add", group.add.text()}};
}

/// The statements on calls of tools, that which notes one included.
template <class Messages>
struct AllToolCalls : Messages::ToolCalls, Messages::ToolLinks {};

template <class Group>
Texts streams_of(const Group& group) {
  return {{"mark", group.mark.text()},
          {"insert", group.insert.text()},
          {"hold", group.hold.text()},
          {"has_length", group.has_length.text()},
          {"insert_chunk", group.insert_chunk.text()},
          {"grow", group.grow.text()},
          {"touch", group.touch.text()},
          {"finish", group.finish.text()},
          {"remove", group.remove.text()},
          {"add_totals", group.add_totals.text()},
          {"link", group.link.text()},
          {"find", group.find.text()},
          {"take_over", group.take_over.text()},
          {"growth", group.growth.text()},
          {"list_interrupted", group.list_interrupted.text()}};
}

template <class Group>
Texts session_lists_of(const Group& group) {
  return {{"newest", group.newest.text()},
          {"oldest", group.oldest.text()},
          {"newest_of_agent", group.newest_of_agent.text()},
          {"oldest_of_agent", group.oldest_of_agent.text()},
          {"newest_of_parent", group.newest_of_parent.text()},
          {"oldest_of_parent", group.oldest_of_parent.text()}};
}

template <class Group>
Texts branches_of(const Group& group) {
  return {{"hold", group.hold.text()},
          {"reaches", group.reaches.text()},
          {"end", group.end.text()},
          {"hide_tail", group.hide_tail.text()},
          {"begin_branch", group.begin_branch.text()},
          {"share_start", group.share_start.text()},
          {"show_start", group.show_start.text()},
          {"is_hidden", group.is_hidden.text()},
          {"hide_present", group.hide_present.text()},
          {"show_hidden", group.show_hidden.text()},
          {"reveal", group.reveal.text()},
          {"list", group.list.text()},
          {"insert_fork", group.insert_fork.text()},
          {"share_with", group.share_with.text()},
          {"redact", group.redact.text()},
          {"forget_calls", group.forget_calls.text()},
          {"end_streams", group.end_streams.text()},
          {"fold_start", group.fold_start.text()},
          {"fold_with", group.fold_with.text()}};
}

template <class Group>
Texts folds_of(const Group& group) {
  return {{"fits", group.fits.text()},
          {"remove_same", group.remove_same.text()},
          {"insert_summary", group.insert_summary.text()},
          {"insert_start", group.insert_start.text()},
          {"insert", group.insert.text()},
          {"enclose", group.enclose.text()}};
}

template <class Group>
Texts errors_of(const Group& group) {
  return {{"insert", group.insert.text()},
          {"find", group.find.text()},
          {"list", group.list.text()},
          {"list_of_tool", group.list_of_tool.text()},
          {"list_of_session", group.list_of_session.text()},
          {"remove", group.remove.text()},
          {"prune_by_age", group.prune_by_age.text()},
          {"prune", group.prune.text()}};
}

template <class Group>
Texts artifacts_of(const Group& group) {
  return {{"insert", group.insert.text()},
          {"not_deleted", group.not_deleted.text()},
          {"hold", group.hold.text()},
          {"is_unchanged", group.is_unchanged.text()},
          {"replace", group.replace.text()},
          {"find", group.find.text()},
          {"find_by_name", group.find_by_name.text()},
          {"list", group.list.text()},
          {"list_in_session", group.list_in_session.text()},
          {"record_access", group.record_access.text()},
          {"remove_softly", group.remove_softly.text()},
          {"find_own_path", group.find_own_path.text()},
          {"remove", group.remove.text()},
          {"statistics", group.statistics.text()}};
}

template <class Group>
Texts contents_of(const Group& group) {
  return {{"begin", group.begin.text()},
          {"touch", group.touch.text()},
          {"add_chunk", group.add_chunk.text()},
          {"add_last_chunk", group.add_last_chunk.text()},
          {"complete", group.complete.text()},
          {"abandon", group.abandon.text()},
          {"abandon_old", group.abandon_old.text()},
          {"abandoned", group.abandoned.text()},
          {"remove_chunks", group.remove_chunks.text()},
          {"forget", group.forget.text()},
          {"is_known", group.is_known.text()},
          {"purge", group.purge.text()},
          {"path_in_use", group.path_in_use.text()},
          {"all_abandoned", group.all_abandoned.text()},
          {"keep", group.keep.text()},
          {"number_of", group.number_of.text()},
          {"put", group.put.text()},
          {"replace", group.replace.text()},
          {"restore", group.restore.text()},
          {"add_version", group.add_version.text()},
          {"find", group.find.text()},
          {"list", group.list.text()},
          {"chunk", group.chunk.text()},
          {"exists", group.exists.text()},
          {"usage", group.usage.text()},
          {"set_quota", group.set_quota.text()},
          {"within_quota", group.within_quota.text()}};
}

template <class Group>
Texts results_of(const Group& group) {
  return {{"store", group.store.text()},   {"store_image", group.store_image.text()},
          {"find", group.find.text()},     {"find_image", group.find_image.text()},
          {"touch", group.touch.text()},   {"remove", group.remove.text()},
          {"expire", group.expire.text()}, {"list", group.list.text()}};
}

template <class Group>
Texts human_requests_of(const Group& group) {
  return {{"insert", group.insert.text()},
          {"find", group.find.text()},
          {"exists", group.exists.text()},
          {"open_or_absent", group.open_or_absent.text()},
          {"update", group.update.text()},
          {"respond", group.respond.text()},
          {"expire", group.expire.text()},
          {"expire_one", group.expire_one.text()},
          {"end_one", group.end_one.text()},
          {"remove", group.remove.text()},
          {"list_pending", group.list_pending.text()},
          {"list_by_priority", group.list_by_priority.text()},
          {"list_by_session", group.list_by_session.text()}};
}

template <class Group>
Texts retention_of(const Group& group) {
  Texts texts;
  const auto add_finding = [&texts](const std::string& name, const auto& removal) {
    texts.emplace_back(name + ".tenants", removal.tenants.text());
    texts.emplace_back(name + ".by_age", removal.by_age.text());
    texts.emplace_back(name + ".by_count", removal.by_count.text());
  };
  const auto add = [&](const std::string& name, const auto& removal) {
    add_finding(name, removal);
    texts.emplace_back(name + ".remove", removal.remove.text());
  };
  add("sessions", group.sessions);
  add("snapshots", group.snapshots);
  add("errors", group.errors);
  add("artifacts", group.artifacts);
  add("results", group.results);
  add("requests", group.requests);
  add("keys", group.keys);
  add_finding("branches", group.branches);
  texts.emplace_back("branches.mark", group.branches.mark.text());
  texts.emplace_back("remove_segments", group.remove_segments.text());
  texts.emplace_back("remove_branches", group.remove_branches.text());
  texts.emplace_back("release_branches", group.release_branches.text());
  return texts;
}

template <class Group>
Texts idempotency_of(const Group& group) {
  return {{"find", group.find.text()}, {"remember", group.remember.text()}};
}

}  // namespace snapshots
