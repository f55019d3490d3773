#pragma once

#include "conformance/sample.hpp"
#include "conformance/subjects.hpp"
#include "heddle/capabilities.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

/// Data for the tests of hidden sessions.
namespace conformance {

/// Sessions can be hidden, and none is removed by itself during a test.
inline constexpr heddle::SoftDeleteConfig hiding{.enabled = true};

/// A database with a session of alice that has records of every kind, and a session of bob with the same id.
template <class Subject>
class Filled {
 public:
  explicit Filled(heddle::SoftDeleteConfig soft_delete = hiding) : subject_({.soft_delete = soft_delete}) {
    for (const auto& user : {alice, bob}) {
      auto& sessions = backend().session_storage();
      sessions.save_session(user, {.id = "parent"});
      sessions.save_session(user, {.id = "s", .agent_id = "agent", .parent_session_id = "parent"});
      sessions.save_session(user, {.id = "child", .agent_id = "other", .parent_session_id = "s"});
      sessions.save_message(user, "s",
                            {.content = "needle", .session_context = heddle::SessionContext::shared, .model = "m"},
                            {.idempotency_key = "m"});
      sessions.save_tool_execution(user, "s", {.tool_name = "t"});
      sessions.save_snapshot(user, {.id = "snap", .session_id = "s", .snapshot_type = "summary"});
      backend().error_store().store(user, {.id = "e", .session_id = "s", .raw_error = "failed"});
      backend().artifact_store().index(user, {.id = "f", .name = "haystack", .session_id = "s"});
      backend().human_request_store().store(user, {.id = "q", .session_id = "s", .question = "?"});
      std::filesystem::create_directories(file_of(user).parent_path());
      std::ofstream(file_of(user)) << "a";
    }
  }

  auto& backend() { return subject_.backend(); }

  /// A file of the tenant's session.
  [[nodiscard]] std::filesystem::path file_of(const heddle::Context& user) {
    return backend().artifact_store().folder(user, heddle::ArtifactFolder::agent, "s") / "a.txt";
  }

  /// Returns how much of the session a tenant sees, operation by operation: `all` or `nothing`, unless a read is wrong.
  [[nodiscard]] std::string seen_by(const heddle::Context& user) {
    std::string text;
    for (const std::int64_t each : counts_for(user)) { text += std::to_string(each) + " "; }
    return text;
  }
  [[nodiscard]] std::string all() { return every("1 "); }
  [[nodiscard]] std::string nothing() { return every("0 "); }

 private:
  [[nodiscard]] std::string every(const std::string& each) {
    std::string text;
    for (std::size_t count = counts_for(bob).size(); count-- > 0;) { text += each; }
    return text;
  }

  [[nodiscard]] std::vector<std::int64_t> counts_for(const heddle::Context& user) {
    auto& sessions = backend().session_storage();
    auto& errors = backend().error_store();
    auto& artifacts = backend().artifact_store();
    auto& requests = backend().human_request_store();
    const auto count = [](const auto& page) { return static_cast<std::int64_t>(page.items.size()); };
    const auto visited = sessions.for_each_message(user, "s", [](const heddle::Message& /*message*/) {});
    const auto window = [&](const heddle::MessageWindow& of) {
      return static_cast<std::int64_t>(sessions.load_messages(user, "s", of).messages.size());
    };
    const auto statistics = sessions.statistics(user);
    return {
        sessions.load_session(user, "s") ? 1 : 0, count(sessions.list_agent_sessions(user, "agent")),
        count(sessions.find_sessions(user, {.agent_id = "agent"})),
        count(sessions.find_sessions(user, {.parent_session_id = "parent"})), count(sessions.load_messages(user, "s")),
        visited, window({.last = 5}), window({.last = 5, .folds = false}), window({.tokens = 5}),
        window({.tokens = 5, .folds = false}), sessions.load_messages(user, "s", heddle::MessageWindow{}).end.sequence,
        count(sessions.list_branches(user, "s")), count(sessions.load_agent_messages(user, "agent")),
        count(sessions.load_agent_messages(user, "other")), count(sessions.load_parent_messages(user, "child")),
        count(sessions.search_messages(user, {.query = "needle"})),
        count(sessions.search_messages(user, {.query = "needle", .agent_id = "agent"})),
        count(sessions.search_messages(user, {.query = "needle", .session_id = "s"})),
        count(sessions.list_tool_executions(user, "s")), count(sessions.load_snapshots(user, "s", "summary")),
        statistics.messages, statistics.tool_executions, errors.get(user, "e") ? 1 : 0, count(errors.list(user)),
        count(errors.list(user, {.session_id = "s"})), count(errors.list(user, {.tool_name = ""})),
        artifacts.get(user, "f") ? 1 : 0, artifacts.get_by_name(user, "haystack", "s") ? 1 : 0,
        count(artifacts.list(user)), count(artifacts.list(user, {.session_id = "s"})),
        count(artifacts.search(user, {.query = "haystack"})), artifacts.statistics(user).files,
        requests.get(user, "q") ? 1 : 0, count(requests.list_pending(user)), count(requests.list_by_session(user, "s")),
        count(sessions.usage(user)), count(sessions.usage(user, {.session_id = "s"})),
        count(sessions.usage(user, {.agent_id = "agent"})),
        // Two more sessions, which stay.
        count(sessions.list_sessions(user)) - 2, count(sessions.find_sessions(user, {})) - 2, statistics.sessions - 2};
  }

 private:
  Subject subject_;
};

}  // namespace conformance
