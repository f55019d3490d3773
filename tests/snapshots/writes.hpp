#pragma once

#include "snapshots/inputs.hpp"

#include <string>
#include <vector>

namespace snapshots {

/// Returns the options of a write with this key.
inline heddle::WriteOptions key(const std::string& text) {
  heddle::WriteOptions options;
  options.idempotency_key = text;
  return options;
}

/// The same for a write that appends to a session.
inline heddle::AppendOptions append_key(const std::string& text) {
  heddle::AppendOptions options;
  options.idempotency_key = text;
  return options;
}

template <class Backend>
void write_sessions(Backend& backend) {
  using namespace inputs;
  auto& sessions = backend.session_storage();
  // The second run of all writes repeats: what its key would make anew is not made.
  const bool repeats = sessions.load_session(tenant, "session").has_value();
  sessions.save_session(tenant, named_session("parent"), key("save_session, defaults"));
  sessions.save_session(tenant, session(), key("save_session"));
  if (!repeats) { sessions.save_session(tenant, named_session("doomed"), key("save_session, doomed")); }
  sessions.ensure_session(tenant, named_session("parent"), key("ensure_session"));
  sessions.update_session(tenant, "parent", SessionPatch{}, key("update_session, empty"));
  // The key of a session's save goes with the session.
  sessions.delete_session(tenant, "doomed", key("delete_session"));
  sessions.delete_session(tenant, "absent", key("delete_session, none"));

  sessions.save_message(tenant, "session", message(), append_key("save_message"));
  heddle::AppendOptions expecting = append_key("save_message, defaults, expected sequence");
  expecting.expected_sequence = 1;
  sessions.save_message(tenant, "session", Message{}, expecting);
  const std::vector<Message> list = messages();
  sessions.save_messages(tenant, "session", list, append_key("save_messages"));
  sessions.save_messages(tenant, "session", {}, append_key("save_messages, none"));
  sessions.save_turn(tenant, "session", turn(), append_key("save_turn"));
  sessions.save_turn(tenant, "session", Turn{}, append_key("save_turn, empty"));
  sessions.save_tool_execution(tenant, "session", tool_execution(), key("save_tool_execution"));
  sessions.save_tool_execution(tenant, "session", ToolExecution{}, key("save_tool_execution, defaults"));

  sessions.save_snapshot(tenant, memory_snapshot(), key("save_snapshot"));
  MemorySnapshot nameless;
  nameless.session_id = "session";
  sessions.save_snapshot(tenant, nameless, key("save_snapshot, defaults"));
}

template <class Backend>
void write_artifacts(Backend& backend) {
  using namespace inputs;
  auto& artifacts = backend.artifact_store();
  artifacts.index(tenant, artifact("artifact", ArtifactSource::generated), key("index_artifact"));
  artifacts.index(tenant, Artifact{}, key("index_artifact, defaults"));
  artifacts.index(tenant, artifact("changed", ArtifactSource::user), key("index_artifact, changed"));
  artifacts.index(tenant, artifact("hidden", ArtifactSource::user), key("index_artifact, hidden"));
  artifacts.index(tenant, artifact("removed", ArtifactSource::user), key("index_artifact, removed"));
  Artifact changed = artifact("changed", ArtifactSource::agent);
  changed.name = "changed.csv";
  changed.tags.clear();
  changed.metadata.clear();
  // A whole update with revision 0, as programs of version 0.1 have it, is refused unless it changes nothing.
  ArtifactPatch patch{.name = changed.name, .source = changed.source};
  for (const std::string& tag : artifact("changed", ArtifactSource::user).tags) { patch.remove_tags.push_back(tag); }
  for (const auto& entry : artifact("changed", ArtifactSource::user).metadata) {
    patch.remove_metadata.push_back(entry.first);
  }
  artifacts.update(tenant, "changed", patch, key("patch_artifact"));
  artifacts.update(tenant, changed, key("update_artifact"));
  artifacts.record_access(tenant, "hidden", key("record_artifact_access"));
  artifacts.remove(tenant, "hidden", DeleteMode::soft, key("remove_artifact, soft"));
  artifacts.remove(tenant, "removed", DeleteMode::hard, key("remove_artifact, hard"));
}

template <class Backend>
void write_results(Backend& backend) {
  using namespace inputs;
  auto& results = backend.result_store();
  results.store(tenant, result(), key("store_result"));
  NewResult nameless;
  nameless.table.columns = {"a column"};
  results.store(tenant, nameless, key("store_result, defaults"));
  NewResult removed = result();
  removed.id = "removed";
  results.store(tenant, removed, key("store_result, removed"));
  results.remove(tenant, "removed", key("remove_result"));
  results.expire(tenant, key("expire_results"));
  NewResult head = result();
  head.id = "written";
  ResultWriter writer = results.write(tenant, head, key("finish_result"));
  writer.append(head.table.rows.front());
  writer.finish();
}

template <class Backend>
void write_human_requests(Backend& backend) {
  using namespace inputs;
  auto& requests = backend.human_request_store();
  requests.store(tenant, human_request("approved", RequestType::decision, RequestPriority::high),
                 key("store_human_request"));
  requests.store(tenant, HumanRequest{}, key("store_human_request, defaults"));
  requests.store(tenant, human_request("rejected", RequestType::review, RequestPriority::critical),
                 key("store_human_request, rejected"));
  requests.store(tenant, human_request("responded", RequestType::approval, RequestPriority::low),
                 key("store_human_request, responded"));
  requests.store(tenant, human_request("updated", RequestType::approval, RequestPriority::low),
                 key("store_human_request, updated"));
  HumanRequest late = human_request("late", RequestType::decision, RequestPriority::high);
  late.created_at = past(40);
  requests.store(tenant, late, key("store_human_request, late"));

  HumanRequest updated = human_request("updated", RequestType::input, RequestPriority::normal);
  updated.question = "Shall I?";
  updated.context = {R"({"risk":  "none"})"};
  updated.timeout_ms = std::chrono::milliseconds{90'000};
  requests.update(tenant, updated, key("update_human_request"));
  requests.respond(tenant, "approved", human_response(RequestStatus::approved), key("respond_to_human_request"));
  requests.respond(tenant, "rejected", human_response(RequestStatus::rejected),
                   key("respond_to_human_request, rejected"));
  requests.respond(tenant, "responded", HumanResponse{}, key("respond_to_human_request, defaults"));
  requests.expire(tenant, key("expire_human_requests"));

  HumanRequest described = human_request("described", RequestType::approval, RequestPriority::critical);
  described.kind = "held call";
  described.summary = "remove_tree(\"/\")";
  described.parameters = {R"({"path" : "/"})"};
  requests.store(tenant, described, key("store_human_request, described"));
  described.priority = RequestPriority::low;
  described.summary = "less";
  requests.update(tenant, described, key("update_human_request, described"));
  requests.store(tenant, human_request("cancelled", RequestType::approval, RequestPriority::low),
                 key("store_human_request, cancelled"));
  requests.cancel(tenant, "cancelled", key("cancel_human_request"));
  requests.store(tenant, human_request("ended", RequestType::approval, RequestPriority::low),
                 key("store_human_request, ended"));
  requests.expire_one(tenant, "ended", key("expire_human_request"));
  requests.store(tenant, human_request("removed", RequestType::approval, RequestPriority::low),
                 key("store_human_request, removed"));
  requests.remove(tenant, "removed", key("remove_human_request"));
}

/// Runs every write operation that takes an idempotency key on every backend, with distinct keys. A second run changes
/// nothing.
template <class Backend>
void write_everything(Backend& backend) {
  using namespace inputs;
  write_sessions(backend);
  backend.error_store().store(tenant, stored_error(), key("store_error"));
  backend.error_store().store(tenant, StoredError{}, key("store_error, defaults"));
  StoredError removed = stored_error();
  removed.id = "removed";
  backend.error_store().store(tenant, removed, key("store_error, removed"));
  backend.error_store().remove(tenant, "removed", key("remove_error"));
  backend.error_store().prune(tenant, {.older_than = std::chrono::hours(24 * 365 * 200), .keep_newest = 1000},
                              key("prune_errors"));
  backend.error_store().prune(tenant, {.keep_newest = 1000}, key("prune_errors, by number"));
  write_artifacts(backend);
  write_results(backend);
  write_human_requests(backend);
}

/// The same for the operations of backends that hide sessions.
template <class Backend>
void write_hidden_sessions(Backend& backend) {
  using namespace inputs;
  auto& sessions = backend.session_storage();
  sessions.save_session(tenant, named_session("hidden"), key("save_session, hidden"));
  sessions.soft_delete_session(tenant, "hidden", key("soft_delete_session"));
  sessions.restore_session(tenant, "hidden", key("restore_session"));
}

}  // namespace snapshots
