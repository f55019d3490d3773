#pragma once

#include "heddle/postgres.hpp"
#include "postgres/statements/records.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// Every operation of a backend, for tests of its round trips.
namespace operations {

using OnServer = Backend<Postgres>;

/// One run of an operation: `id` names an existing record of every kind, `fresh` none.
struct Run {
  OnServer& backend;
  const Context& context;
  std::string id;
  std::string fresh;
  WriteOptions options;
  PageRequest page;    ///< the first page
  PageRequest second;  ///< the second page of the messages of `id`

  [[nodiscard]] auto& sessions() const { return backend.session_storage(); }
  [[nodiscard]] auto& errors() const { return backend.error_store(); }
  [[nodiscard]] auto& artifacts() const { return backend.artifact_store(); }
  [[nodiscard]] auto& results() const { return backend.result_store(); }
  [[nodiscard]] auto& requests() const { return backend.human_request_store(); }
  [[nodiscard]] auto& admin() const { return backend.admin_storage(); }

  [[nodiscard]] AppendOptions appending() const { return {.idempotency_key = options.idempotency_key}; }
  [[nodiscard]] PutOptions putting() const { return {.idempotency_key = options.idempotency_key}; }
  [[nodiscard]] AppendOptions expecting(std::int64_t sequence) const {
    return {.idempotency_key = options.idempotency_key, .expected_sequence = sequence};
  }
};
using R = const Run;

struct Operation {
  std::string name;
  void (*run)(R& run);
  bool keyed = false;   ///< accepts an idempotency key
  int round_trips = 1;  ///< more where it reads before it writes
};

inline const std::vector<Operation> all{
    {"save_session, a new one",
     [](R& r) {
       r.sessions().save_session(r.context,
                                 {.id = r.fresh,
                                  .name = r.id,
                                  .agent_id = r.id,
                                  .parent_session_id = r.id,
                                  .context = {R"({"unspliced": 3})"},
                                  .created_at = time_mark,
                                  .total_tokens = number_mark},
                                 r.options);
     },
     true},
    {"save_session, the same again",
     [](R& r) { CHECK(r.sessions().save_session(r.context, {.id = r.id, .agent_id = r.id}, r.options) == 1); }, true},
    {"save_session, at its revision",
     [](R& r) {
       const Session session{.id = "child " + r.id, .name = r.id, .parent_session_id = r.id, .revision = 1};
       CHECK(r.sessions().save_session(r.context, session, r.options) == 2);
     },
     true},
    {"ensure_session, a new one",
     [](R& r) { CHECK(r.sessions().ensure_session(r.context, {.id = r.fresh, .parent_session_id = r.id}, r.options)); },
     true},
    {"ensure_session, an old one",
     [](R& r) { CHECK(!r.sessions().ensure_session(r.context, {.id = r.id, .name = r.id}, r.options)); }, true},
    {"update_session",
     [](R& r) {
       const SessionPatch patch{.name = r.id, .parent_session_id = r.id, .context = {R"({"unspliced": 4})"}};
       CHECK(r.sessions().update_session(r.context, "child " + r.id, patch, r.options) == 2);
     },
     true, 2},
    {"load_session",
     [](R& r) { CHECK(r.sessions().load_session(r.context, r.id, r.page)->messages.items.size() >= 3); }},
    {"load_session, none", [](R& r) { CHECK(!r.sessions().load_session(r.context, r.fresh)); }},
    {"list_sessions", [](R& r) { CHECK(!r.sessions().list_sessions(r.context, r.page).items.empty()); }},
    {"list_agent_sessions",
     [](R& r) { CHECK(!r.sessions().list_agent_sessions(r.context, r.id, r.page).items.empty()); }},
    {"delete_session", [](R& r) { CHECK(r.sessions().delete_session(r.context, r.id, r.options)); }, true},
    {"delete_session, none", [](R& r) { CHECK(!r.sessions().delete_session(r.context, r.fresh, r.options)); }, true},
    {"soft_delete_session", [](R& r) { CHECK(r.sessions().soft_delete_session(r.context, r.id, r.options)); }, true},
    {"restore_session", [](R& r) { CHECK(r.sessions().restore_session(r.context, "hidden " + r.id, r.options)); },
     true},
    {"purge_deleted_sessions", [](R& r) { CHECK(r.sessions().purge_deleted_sessions(r.context, 0s) > 0); }},
    {"find_sessions",
     [](R& r) { CHECK(!r.sessions().find_sessions(r.context, {.agent_id = r.id}, r.page).items.empty()); }},
    {"fork_session",
     [](R& r) {
       CHECK(r.sessions().fork_session(r.context, r.id, 2, {.id = r.fresh, .parent_session_id = r.id}, r.options) == 1);
     },
     true},
    {"rewind_session",
     [](R& r) {
       CHECK(r.sessions().rewind_session(r.context, r.id, 2, r.expecting(3)) == SessionEnd{2, 2});
     },
     true},
    {"restore_branch",
     [](R& r) {
       CHECK(r.sessions().restore_branch(r.context, "rewound " + r.id, 1, r.appending()) == SessionEnd{1, 1});
     },
     true},
    {"redact_messages",
     [](R& r) {
       CHECK(r.sessions().redact_messages(r.context, r.id, {1, 2}, r.id, r.options) == 2);
     },
     true},
    {"fold_messages",
     [](R& r) {
       const MemorySnapshot snapshot{.id = r.fresh,
                                     .session_id = r.id,
                                     .snapshot_type = text_mark,
                                     .content = text_mark,
                                     .token_count = number_mark,
                                     .created_at = time_mark};
       CHECK(r.sessions().fold_messages(r.context, r.id, {1, 2}, snapshot, r.expecting(3)) == r.fresh);
     },
     true},
    {"list_branches",
     [](R& r) { CHECK(r.sessions().list_branches(r.context, "rewound " + r.id, r.page).items.size() == 2); }},
    {"load_messages of a window",
     [](R& r) { CHECK(r.sessions().load_messages(r.context, r.id, {.last = 2}).messages.size() == 2); }},
    {"load_messages of a window without folds",
     [](R& r) {
       CHECK(r.sessions().load_messages(r.context, r.id, {.last = 2, .folds = false}).messages.size() == 2);
     }},
    {"load_messages of a window of tokens",
     [](R& r) { CHECK(!r.sessions().load_messages(r.context, r.id, {.tokens = number_mark}).messages.empty()); }},
    {"save_message", [](R& r) { r.sessions().save_message(r.context, r.id, message(), r.appending()); }, true},
    {"save_message, expected_sequence",
     [](R& r) { CHECK(r.sessions().save_message(r.context, r.id, message(), r.expecting(3)) == 4); }, true},
    {"save_messages, none", [](R& r) { r.sessions().save_messages(r.context, r.id, {}, r.appending()); }, true},
    {"save_messages, 1,000",
     [](R& r) { CHECK(r.sessions().save_messages(r.context, r.id, thousand(), r.appending()).last == 1003); }, true},
    {"save_messages, 1,000, expected_sequence",
     [](R& r) { CHECK(r.sessions().save_messages(r.context, r.id, thousand(), r.expecting(3)).last == 1003); }, true},
    {"save_turn",
     [](R& r) {
       r.sessions().save_turn(r.context, r.id, {{message(), message(), message()}, {execution(), execution()}},
                              r.appending());
     },
     true},
    {"load_messages", [](R& r) { CHECK(r.sessions().load_messages(r.context, r.id, r.page).items.size() >= 3); }},
    {"load_messages, a second page",
     [](R& r) { CHECK(r.sessions().load_messages(r.context, r.id, r.second).items.size() == 2); }},
    {"for_each_message",
     [](R& r) { CHECK(r.sessions().for_each_message(r.context, r.id, [](const Message&) {}) >= 3); }},
    {"load_agent_messages",
     [](R& r) { CHECK(!r.sessions().load_agent_messages(r.context, r.id, r.page).items.empty()); }},
    {"load_parent_messages",
     [](R& r) { CHECK(!r.sessions().load_parent_messages(r.context, "child " + r.id, r.page).items.empty()); }},
    {"search_messages",
     [](R& r) {
       CHECK(!r.sessions().search_messages(r.context, {.query = text_mark + " \"some words\""}, r.page).items.empty());
     }},
    {"search_messages, of a session and agent",
     [](R& r) {
       CHECK(!r.sessions()
                  .search_messages(r.context, {.query = text_mark, .session_id = r.id, .agent_id = r.id}, r.page)
                  .items.empty());
     }},
    {"save_tool_execution", [](R& r) { r.sessions().save_tool_execution(r.context, r.id, execution(), r.options); },
     true},
    {"list_tool_executions",
     [](R& r) { CHECK(!r.sessions().list_tool_executions(r.context, r.id, r.page).items.empty()); }},
    {"save_snapshot",
     [](R& r) {
       r.sessions().save_snapshot(r.context,
                                  {.id = r.fresh,
                                   .session_id = r.id,
                                   .snapshot_type = text_mark,
                                   .content = text_mark,
                                   .token_count = number_mark},
                                  r.options);
     },
     true},
    {"load_snapshots",
     [](R& r) { CHECK(!r.sessions().load_snapshots(r.context, r.id, text_mark, r.page).items.empty()); }},
    {"purge_idempotency_keys", [](R& r) { r.sessions().purge_idempotency_keys(r.context, time_mark); }},
    {"statistics of sessions", [](R& r) { CHECK(r.sessions().statistics(r.context).sessions > 0); }},
    {"save_message, whole", [](R& r) { r.sessions().save_message(r.context, r.id, whole_message(), r.appending()); },
     true},
    {"save_messages, whole",
     [](R& r) {
       r.sessions().save_messages(r.context, r.id, std::vector(3, whole_message()), r.appending());
       // One more: the sums have their own round trip.
       CHECK(!r.sessions().usage(r.context, {.by_model = true, .session_id = r.id}, r.page).items.empty());
     },
     true, 2},
    {"usage", [](R& r) { static_cast<void>(r.sessions().usage(r.context, {.by_day = true}, r.page)); }},

    {"store an error",
     [](R& r) {
       r.errors().store(
           r.context,
           {.id = r.fresh, .timestamp = time_mark, .session_id = r.id, .tool_name = text_mark, .raw_error = text_mark},
           r.options);
     },
     true},
    {"store an error, id made",
     [](R& r) { r.errors().store(r.context, {.tool_name = text_mark, .raw_error = text_mark}, r.options); }, true},
    {"get an error", [](R& r) { CHECK(r.errors().get(r.context, r.id)); }},
    {"list errors", [](R& r) { CHECK(!r.errors().list(r.context, {}, r.page).items.empty()); }},
    {"list errors, filtered",
     [](R& r) {
       CHECK(!r.errors()
                  .list(r.context,
                        {.session_id = r.id, .tool_name = text_mark, .from = time_mark, .until = time_mark + 1us},
                        r.page)
                  .items.empty());
     }},
    {"remove an error", [](R& r) { CHECK(r.errors().remove(r.context, r.id, r.options)); }, true},
    {"prune errors by age", [](R& r) { CHECK(r.errors().prune(r.context, {.older_than = 1ms}, r.options) >= 1); },
     true},
    {"prune errors by number",
     [](R& r) { CHECK(r.errors().prune(r.context, {.older_than = 1ms, .keep_newest = 2}, r.options) >= 1); }, true},

    {"index an artifact, a new one", [](R& r) { r.artifacts().index(r.context, artifact(r.fresh, r.id), r.options); },
     true},
    {"index an artifact, an old one", [](R& r) { r.artifacts().index(r.context, artifact(r.id, r.id), r.options); },
     true},
    {"index an artifact, at its revision",
     [](R& r) {
       Artifact changed = artifact(r.id, r.id);
       changed.purpose += " changed";
       changed.revision = 1;
       r.artifacts().index(r.context, changed, r.options);
     },
     true},
    {"get an artifact", [](R& r) { CHECK(r.artifacts().get(r.context, r.id)); }},
    {"get_by_name", [](R& r) { CHECK(r.artifacts().get_by_name(r.context, r.id + ".csv", r.id)); }},
    {"list artifacts", [](R& r) { CHECK(!r.artifacts().list(r.context, {}, r.page).items.empty()); }},
    {"list artifacts, filtered",
     [](R& r) {
       CHECK(!r.artifacts()
                  .list(r.context,
                        {.source = ArtifactSource::user,
                         .content_type = "",
                         .tags = {text_mark},
                         .min_size_bytes = number_mark,
                         .max_size_bytes = number_mark,
                         .created_from = time_mark,
                         .session_id = r.id,
                         .include_deleted = true},
                        r.page)
                  .items.empty());
     }},
    {"search artifacts",
     [](R& r) { CHECK(!r.artifacts().search(r.context, {.query = text_mark}, r.page).items.empty()); }},
    {"update an artifact", [](R& r) { CHECK(r.artifacts().update(r.context, artifact(r.id, r.id), r.options)); }, true},
    {"update an artifact, at its revision",
     [](R& r) {
       Artifact changed = artifact(r.id, r.id);
       changed.purpose += " changed";
       changed.revision = 1;
       CHECK(r.artifacts().update(r.context, changed, r.options));
     },
     true},
    {"patch an artifact",
     [](R& r) { CHECK(r.artifacts().update(r.context, r.id, {.purpose = text_mark + " patched"}, r.options)); }, true,
     2},
    {"patch an artifact, none",
     [](R& r) { CHECK(!r.artifacts().update(r.context, r.fresh, {.purpose = text_mark}, r.options)); }, true, 2},
    {"remove an artifact, softly",
     [](R& r) { CHECK(r.artifacts().remove(r.context, r.id, DeleteMode::soft, r.options)); }, true},
    {"remove an artifact for good",
     [](R& r) { CHECK(r.artifacts().remove(r.context, r.id, DeleteMode::hard, r.options)); }, true},
    {"put, a new artifact", [](R& r) { r.artifacts().put(r.context, artifact(r.fresh, r.id), text_mark, r.putting()); },
     true},
    {"put, an old artifact", [](R& r) { r.artifacts().put(r.context, artifact(r.id, r.id), text_mark, r.putting()); },
     true},
    {"put, at its revision",
     [](R& r) {
       Artifact changed = artifact(r.id, r.id);
       changed.revision = 1;
       r.artifacts().put(r.context, changed, std::string(std::size_t{3} << 20U, 'x'), r.putting());
     },
     true},
    {"put, of two batches",
     [](R& r) {
       const std::string bytes = std::string(std::size_t{4} << 20U, 'x') + r.fresh;
       r.artifacts().put(r.context, {.id = r.fresh}, bytes, r.putting());
     },
     true, 2},
    {"open an artifact, and read a chunk",
     [](R& r) { CHECK(!r.artifacts().open(r.context, "content " + r.id).rest().empty()); }, false, 2},
    {"verify", [](R& r) { CHECK(r.artifacts().verify(r.context, "content " + r.id) == ContentState::intact); }, false,
     2},
    {"versions", [](R& r) { CHECK(!r.artifacts().versions(r.context, "content " + r.id, r.page).items.empty()); }},
    {"restore_version",
     [](R& r) { CHECK(r.artifacts().restore_version(r.context, "content " + r.id, 1, r.options).version == 2); }, true},
    {"remove an artifact and its content",
     [](R& r) { CHECK(r.artifacts().remove(r.context, "content " + r.id, DeleteMode::hard, r.options)); }, true, 2},
    {"content_usage", [](R& r) { CHECK(r.artifacts().content_usage(r.context).stored_bytes > 0); }},
    {"set_quota", [](R& r) { r.artifacts().set_quota(r.context, {}); }},
    {"sweep_orphans", [](R& r) { CHECK(r.artifacts().sweep_orphans(r.context, 24h) == 0); }},
    {"record_access", [](R& r) { CHECK(r.artifacts().record_access(r.context, r.id, r.options)); }, true},
    {"statistics of artifacts", [](R& r) { CHECK(r.artifacts().statistics(r.context).files > 0); }},

    {"store a result, a new one", [](R& r) { r.results().store(r.context, result(r.fresh), r.options); }, true},
    {"store a result, an old one", [](R& r) { r.results().store(r.context, result(r.id), r.options); }, true},
    {"query a result",
     [](R& r) { CHECK(r.results().query(r.context, r.id, "SELECT * FROM " + text_mark).rows.size() == 2); }},
    {"query a result with parameters",
     [](R& r) {
       const Table found =
           r.results().query(r.context, r.id, "SELECT :x FROM " + text_mark, {}, {.named = {{"x", text_mark}}});
       CHECK(found.rows.size() == 2);
     }},
    {"write a result",
     [](R& r) {
       ResultWriter writer = r.results().write(r.context, result(r.fresh), r.options);
       writer.append(result(r.fresh).table.rows.front());
       writer.finish();
     },
     true},
    {"list results", [](R& r) { CHECK(!r.results().list(r.context, r.page).items.empty()); }},
    {"metadata of a result", [](R& r) { CHECK(r.results().metadata(r.context, r.id)); }},
    {"remove a result", [](R& r) { CHECK(r.results().remove(r.context, r.id, r.options)); }, true},
    {"expire results", [](R& r) { r.results().expire(r.context); }},
    {"purge expired results", [](R& r) { r.results().purge_expired(r.context); }},

    {"store a human request", [](R& r) { r.requests().store(r.context, request(r.fresh, r.id), r.options); }, true},
    {"get a human request", [](R& r) { CHECK(r.requests().get(r.context, r.id)); }},
    {"update a human request", [](R& r) { CHECK(r.requests().update(r.context, request(r.id, r.id), r.options)); },
     true, 2},
    {"list_pending", [](R& r) { CHECK(!r.requests().list_pending(r.context, r.page).items.empty()); }},
    {"list_by_priority", [](R& r) { CHECK(!r.requests().list_by_priority(r.context, r.page).items.empty()); }},
    {"list_by_session", [](R& r) { CHECK(!r.requests().list_by_session(r.context, r.id, r.page).items.empty()); }},
    {"respond", [](R& r) { CHECK(r.requests().respond(r.context, r.id, response(), r.options).response == text_mark); },
     true, 2},
    {"cancel", [](R& r) { CHECK(r.requests().cancel(r.context, r.id, r.options).status == RequestStatus::cancelled); },
     true, 2},
    {"expire_one",
     [](R& r) { CHECK(r.requests().expire_one(r.context, r.id, r.options).status == RequestStatus::timeout); }, true,
     2},
    {"remove a human request", [](R& r) { CHECK(r.requests().remove(r.context, r.id, r.options)); }, true, 2},
    {"expire human requests", [](R& r) { r.requests().expire(r.context, r.options); }, true},

    {"sessions of all tenants", [](R& r) { CHECK(r.admin().list_sessions(r.context, r.page).total > 0); }},
    {"sessions_per_user", [](R& r) { CHECK(!r.admin().sessions_per_user(r.context, r.page).items.empty()); }},
    {"list_tenants", [](R& r) { CHECK(!r.admin().list_tenants(r.context, r.page).items.empty()); }},
    {"statistics of all tenants", [](R& r) { CHECK(r.admin().statistics(r.context).sessions > 0); }},
    {"validate_permissions", [](R& r) { CHECK(r.admin().validate_permissions(r.context).problems.empty()); }},

    {"reindex", [](R& r) { CHECK(r.backend.reindex(r.context) == 0); }},
    {"reindex_all", [](R& r) { CHECK(r.backend.reindex_all(r.context) == 0); }},
    {"ping", [](R& r) { r.backend.ping(r.context); }},
    {"details", [](R& r) { static_cast<void>(r.backend.details(r.context)); }},
};

}  // namespace operations
