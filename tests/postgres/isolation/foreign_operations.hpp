#pragma once

#include "heddle/postgres.hpp"
#include "postgres/isolation/filled_tenants.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace isolation {

using namespace heddle;

/// Everything that a caller learns from an operation on an id, with "ID" in the place of the id.
class Reply {
 public:
  explicit Reply(std::string id) : id_(std::move(id)) {}

  Reply& add(const std::string& text) {
    text_ += "[";
    for (std::size_t at = 0;;) {
      const auto found = text.find(id_, at);
      text_ += text.substr(at, found - at);
      if (found == std::string::npos) { break; }
      text_ += "ID";
      at = found + id_.size();
    }
    text_ += "]";
    return *this;
  }
  Reply& add(bool value) { return add(std::string(value ? "true" : "false")); }
  Reply& add(const char* value) { return add(std::string(value)); }
  Reply& add(std::int64_t value) { return add(std::to_string(value)); }
  Reply& add(const SequenceRange& range) { return add(range.first).add(range.last); }
  Reply& add(const Error& error) {
    return add(std::string(to_string(error.code())))
        .add(error.native_code())
        .add(std::string(error.what()))
        .add(error.retryable())
        .add(error.in_doubt());
  }
  template <class T>
  Reply& add(const Page<T>& page) {
    return add(static_cast<std::int64_t>(page.items.size())).add(page.next);
  }
  template <class T>
  Reply& add(const std::optional<T>& value) {
    return add(value.has_value());
  }

  [[nodiscard]] const std::string& text() const noexcept { return text_; }

 private:
  std::string id_;
  std::string text_{};
};

struct CallOnId {
  const char* name;
  std::function<void(OnServer&, const Context&, const std::string& id, Reply&)> run;
};

/// Every operation that has ids as parameters, for each of these ids. The caller has a session "own".
inline std::vector<CallOnId> operations() {
  using B = OnServer&;
  using C = const Context&;
  using Id = const std::string&;
  using A = Reply&;
  std::vector<CallOnId> all{
      {"save_session",
       [](B b, C c, Id id, A a) {
         b.session_storage().save_session(c, {.id = id});
         a.add(true);
       }},
      {"save_session of a parent",
       [](B b, C c, Id id, A) { b.session_storage().save_session(c, {.id = "x", .parent_session_id = id}); }},
      {"save_session at a revision",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_session(c, {.id = id, .revision = 1})); }},
      {"save_session under a new parent",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().save_session(c, {.id = "own", .parent_session_id = id, .revision = 1}));
       }},
      {"ensure_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().ensure_session(c, {.id = id})); }},
      {"ensure_session of a parent",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().ensure_session(c, {.id = "x", .parent_session_id = id}));
       }},
      {"update_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().update_session(c, id, {.name = "n"})); }},
      {"update_session under a new parent",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().update_session(c, "own", {.parent_session_id = id})); }},
      {"load_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().load_session(c, id)); }},
      {"list_agent_sessions", [](B b, C c, Id id, A a) { a.add(b.session_storage().list_agent_sessions(c, id)); }},
      {"delete_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().delete_session(c, id)); }},
      {"soft_delete_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().soft_delete_session(c, id)); }},
      {"restore_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().restore_session(c, id)); }},
      {"find_sessions of an agent",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().find_sessions(c, {.agent_id = id})); }},
      {"find_sessions of a parent",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().find_sessions(c, {.parent_session_id = id})); }},
      {"fork_session of a source",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().fork_session(c, id, 1, {.id = "x"})); }},
      {"fork_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().fork_session(c, "own", 0, {.id = id})); }},
      {"fork_session under a parent",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().fork_session(c, "own", 0, {.id = "x", .parent_session_id = id}));
       }},
      {"rewind_session", [](B b, C c, Id id, A a) { a.add(b.session_storage().rewind_session(c, id, 0).sequence); }},
      {"restore_branch", [](B b, C c, Id id, A a) { a.add(b.session_storage().restore_branch(c, id, 1).sequence); }},
      {"redact_messages",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().redact_messages(c, id, {1, 9}, "reason")); }},
      {"fold_messages",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().fold_messages(c, id, {1, 1}, {.id = "new", .content = "summary"}));
       }},
      {"load_messages_backwards",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().load_messages_backwards(c, id)); }},
      {"open_tool_calls", [](B b, C c, Id id, A a) { a.add(b.session_storage().open_tool_calls(c, id)); }},
      {"close_tool_calls",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().close_tool_calls(c, id, {.message = "m"})); }},
      {"begin a stream", [](B b, C c, Id id, A a) { a.add(b.stream_store().begin(c, id, {}).text); }},
      {"append to a stream",
       [](B b, C c, Id id, A a) {
         MessageStream stream{.session_id = id, .at = {1, 1}};
         b.stream_store().append(c, stream, "text");
         a.add(stream.text);
       }},
      {"finish a stream",
       [](B b, C c, Id id, A) { b.stream_store().finish(c, {.session_id = id, .at = {1, 1}}, {}); }},
      {"take over a stream", [](B b, C c, Id id, A a) { a.add(b.stream_store().take_over(c, id, {1, 1}).writer); }},
      {"wait for a stream", [](B b, C c, Id id, A a) { a.add(b.stream_store().wait(c, id, {1, 1}).bytes); }},
      {"list_branches", [](B b, C c, Id id, A a) { a.add(b.session_storage().list_branches(c, id)); }},
      {"load_messages of a window",
       [](B b, C c, Id id, A a) {
         const auto window = b.session_storage().load_messages(c, id, MessageWindow{});
         a.add(static_cast<std::int64_t>(window.messages.size())).add(window.end.sequence);
       }},
      {"save_message", [](B b, C c, Id id, A a) { a.add(b.session_storage().save_message(c, id, {})); }},
      {"save_message with a key",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_message(c, id, {}, {.idempotency_key = "k"})); }},
      {"save_message under the key",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_message(c, "own", {}, {.idempotency_key = id})); }},
      {"save_message behind 1",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_message(c, id, {}, {.expected_sequence = 1})); }},
      {"save_message behind 7",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_message(c, id, {}, {.expected_sequence = 7})); }},
      {"save_messages",
       [](B b, C c, Id id, A a) {
         const std::vector<Message> two(2);
         a.add(b.session_storage().save_messages(c, id, two));
       }},
      {"save_messages of none", [](B b, C c, Id id, A a) { a.add(b.session_storage().save_messages(c, id, {})); }},
      {"save_turn",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().save_turn(c, id, {{{}}, {{.tool_name = "t"}}}));
       }},
      {"load_messages", [](B b, C c, Id id, A a) { a.add(b.session_storage().load_messages(c, id)); }},
      {"for_each_message",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().for_each_message(c, id, [](const Message&) {})); }},
      {"load_agent_messages", [](B b, C c, Id id, A a) { a.add(b.session_storage().load_agent_messages(c, id)); }},
      {"load_parent_messages", [](B b, C c, Id id, A a) { a.add(b.session_storage().load_parent_messages(c, id)); }},
      {"search_messages of a session",
       [](B b, C c, Id id, A a) {
         a.add(b.session_storage().search_messages(c, {.query = "gold", .session_id = id}));
       }},
      {"search_messages of an agent",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().search_messages(c, {.query = "gold", .agent_id = id})); }},
      {"save_tool_execution",
       [](B b, C c, Id id, A a) {
         b.session_storage().save_tool_execution(c, id, {.tool_name = "t"});
         a.add(true);
       }},
      {"list_tool_executions", [](B b, C c, Id id, A a) { a.add(b.session_storage().list_tool_executions(c, id)); }},
      {"save_snapshot",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_snapshot(c, {.id = id, .session_id = "own"})); }},
      {"save_snapshot of a session",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().save_snapshot(c, {.id = "x", .session_id = id})); }},
      {"usage", [](B b, C c, Id id, A a) { a.add(b.session_storage().usage(c, {.session_id = id})); }},
      {"usage of an agent", [](B b, C c, Id id, A a) { a.add(b.session_storage().usage(c, {.agent_id = id})); }},
      {"usage of a model", [](B b, C c, Id id, A a) { a.add(b.session_storage().usage(c, {.model = id})); }},
      {"load_snapshots", [](B b, C c, Id id, A a) { a.add(b.session_storage().load_snapshots(c, id, known)); }},
      {"load_snapshots of a type",
       [](B b, C c, Id id, A a) { a.add(b.session_storage().load_snapshots(c, "own", id)); }},

      {"store an error", [](B b, C c, Id id, A a) { a.add(b.error_store().store(c, {.id = id, .raw_error = "x"})); }},
      {"store an error of a session",
       [](B b, C c, Id id, A a) { a.add(b.error_store().store(c, {.id = "x", .session_id = id, .raw_error = "x"})); }},
      {"get an error", [](B b, C c, Id id, A a) { a.add(b.error_store().get(c, id)); }},
      {"remove an error", [](B b, C c, Id id, A a) { a.add(b.error_store().remove(c, id)); }},
      {"prune errors",
       [](B b, C c, Id /*id*/, A a) { a.add(b.error_store().prune(c, {.older_than = std::chrono::milliseconds(0), .keep_newest = 0})); }},
      {"list errors of a session", [](B b, C c, Id id, A a) { a.add(b.error_store().list(c, {.session_id = id})); }},
      {"list errors of a tool", [](B b, C c, Id id, A a) { a.add(b.error_store().list(c, {.tool_name = id})); }},

      {"index", [](B b, C c, Id id, A a) { a.add(b.artifact_store().index(c, {.id = id, .name = "n"})); }},
      {"index in a session",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().index(c, {.id = "x", .name = "n", .session_id = id})); }},
      {"index a path",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().index(c, {.id = "x", .name = "n", .path = id})); }},
      {"get an artifact", [](B b, C c, Id id, A a) { a.add(b.artifact_store().get(c, id)); }},
      {"get_by_name", [](B b, C c, Id id, A a) { a.add(b.artifact_store().get_by_name(c, "gold", id)); }},
      {"list artifacts", [](B b, C c, Id id, A a) { a.add(b.artifact_store().list(c, {.session_id = id})); }},
      {"search artifacts", [](B b, C c, Id id, A a) { a.add(b.artifact_store().search(c, {.query = id})); }},
      {"update an artifact",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().update(c, {.id = id, .name = "n"})); }},
      {"update an artifact at a revision",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().update(c, {.id = id, .name = "n", .revision = 1})); }},
      {"index an artifact at a revision",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().index(c, {.id = id, .name = "n", .revision = 1})); }},
      {"update into a session",
       [](B b, C c, Id id, A a) {
         a.add(b.artifact_store().update(c, {.id = "own", .name = "n", .session_id = id, .revision = 1}));
       }},
      {"patch an artifact", [](B b, C c, Id id, A a) { a.add(b.artifact_store().update(c, id, {.name = "n"})); }},
      {"patch into a session",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().update(c, "own", {.session_id = id})); }},
      {"remove softly", [](B b, C c, Id id, A a) { a.add(b.artifact_store().remove(c, id, DeleteMode::soft)); }},
      {"remove for good", [](B b, C c, Id id, A a) { a.add(b.artifact_store().remove(c, id, DeleteMode::hard)); }},
      {"put", [](B b, C c, Id id, A a) { a.add(b.artifact_store().put(c, {.id = id}, "gold of alice").version); }},
      {"put in a session",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().put(c, {.id = "x", .session_id = id}, "x").version); }},
      {"put under the key",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().put(c, {.id = "x"}, "", {.idempotency_key = id}).version); }},
      {"open", [](B b, C c, Id id, A a) { a.add(b.artifact_store().open(c, id + " content").rest()); }},
      {"versions", [](B b, C c, Id id, A a) { a.add(b.artifact_store().versions(c, id + " content")); }},
      {"restore_version",
       [](B b, C c, Id id, A a) { a.add(b.artifact_store().restore_version(c, id + " content", 1).version); }},
      {"verify", [](B b, C c, Id id, A a) { a.add(b.artifact_store().verify(c, id + " content") == ContentState::intact); }},
      {"remove it", [](B b, C c, Id id, A a) { a.add(b.artifact_store().remove(c, id + " content", DeleteMode::hard)); }},
      {"sweep, usage, quota",
       [](B b, C c, Id, A a) {
         a.add(b.artifact_store().sweep_orphans(c, {})).add(b.artifact_store().content_usage(c).stored_bytes);
         b.artifact_store().set_quota(c, 1);
       }},
      {"record_access", [](B b, C c, Id id, A a) { a.add(b.artifact_store().record_access(c, id)); }},

      {"store a result",
       [](B b, C c, Id id, A a) {
         const auto reference = b.result_store().store(c, {.id = id, .table = {{"c"}, {}}});
         a.add(reference.id).add(reference.checksum).add(reference.size_bytes);
       }},
      {"query",
       [](B b, C c, Id id, A a) {
         a.add(static_cast<std::int64_t>(b.result_store().query(c, id, "SELECT * FROM result").rows.size()));
       }},
      {"write a result",
       [](B b, C c, Id id, A a) { a.add(b.result_store().write(c, {.id = id, .table = {{"c"}, {}}}).finish().id); }},
      {"metadata", [](B b, C c, Id id, A a) { a.add(b.result_store().metadata(c, id)); }},
      {"remove a result", [](B b, C c, Id id, A a) { a.add(b.result_store().remove(c, id)); }},

      {"store a request", [](B b, C c, Id id, A a) { a.add(b.human_request_store().store(c, {.id = id})); }},
      {"store a request of a session",
       [](B b, C c, Id id, A a) { a.add(b.human_request_store().store(c, {.id = "x", .session_id = id})); }},
      {"get a request", [](B b, C c, Id id, A a) { a.add(b.human_request_store().get(c, id)); }},
      {"update a request", [](B b, C c, Id id, A a) { a.add(b.human_request_store().update(c, {.id = id})); }},
      {"list_by_session", [](B b, C c, Id id, A a) { a.add(b.human_request_store().list_by_session(c, id)); }},
      {"respond", [](B b, C c, Id id, A a) { a.add(b.human_request_store().respond(c, id, {}).id); }},
      {"respond under the key",
       [](B b, C c, Id id, A a) { a.add(b.human_request_store().respond(c, "own", {}, {.idempotency_key = id}).id); }},
      {"cancel", [](B b, C c, Id id, A a) { a.add(b.human_request_store().cancel(c, id).id); }},
      {"expire_one", [](B b, C c, Id id, A a) { a.add(b.human_request_store().expire_one(c, id).id); }},
      {"remove a request", [](B b, C c, Id id, A a) { a.add(b.human_request_store().remove(c, id)); }},
      {"wait for several", [](B b, C c, Id id, A a) { a.add(b.human_request_store().wait_any(c, {"own", id}).id); }},
      {"wait", [](B b, C c, Id id, A a) { a.add(b.human_request_store().wait(c, id).id); }},
  };
  return all;
}

}  // namespace isolation
