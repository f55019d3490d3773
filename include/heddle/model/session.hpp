#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/model/message.hpp"
#include "heddle/options.hpp"
#include "heddle/time.hpp"

#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// A conversation of an agent.
struct Session {
  std::string id{};
  std::string name{};
  std::string agent_id{};
  std::optional<std::string> parent_session_id{};  ///< must be a session of the same tenant
  JsonObject context{};
  Timestamp created_at{};  ///< not set: the time of the first save; later saves do not change it
  Timestamp updated_at{};  ///< the time of the last save of the session, its messages or executions; ignored in a write
  double total_cost_usd = 0;       ///< see SessionStorage for the rules of totals
  std::int64_t total_tokens = 0;   ///< see SessionStorage for the rules of totals
  std::int64_t last_sequence = 0;  ///< filled in when read: the number of its messages
  /// Counts the changes of name, agent, parent and context, from 1; not messages. Filled in when read; 0: not loaded. A
  /// save demands that the stored session still has it.
  std::int64_t revision = 0;
  std::int64_t branch = 0;  ///< filled in when read: 1, and another number after a rewind; see SessionEnd
  std::string user_id{};    ///< filled in when read; the Context sets the tenant

  Page<Message> messages{};  ///< filled in by `load_session`; ignored by `save_session`
};

/// Changes of a session, by name. Members that are not set change nothing.
struct SessionPatch {
  std::optional<std::string> name{};
  std::optional<std::string> agent_id{};
  std::optional<std::string> parent_session_id{};  ///< empty: the session has no parent afterwards
  /// A JSON merge patch (RFC 7396) of the context: its members replace those of the context, in objects one by one; a
  /// member that is null is removed. The rest of the context stays byte for byte, but for space between its members.
  JsonObject context{};
  /// Not 0: the update throws `conflict` if the session has another revision.
  std::int64_t revision = 0;
};

/// A branch of a session: the present one, or one that a rewind has hidden.
struct Branch {
  std::int64_t branch = 0;               ///< 1, 2, 3 ... in its session
  std::int64_t first_sequence = 0;       ///< the first that it does not share with an earlier branch
  std::int64_t last_sequence = 0;        ///< its last message; before `first_sequence` if all are shared
  std::optional<Timestamp> hidden_at{};  ///< nothing for the present branch

  friend bool operator==(const Branch&, const Branch&) = default;
};

/// A text about a session at one time, such as a summary.
struct MemorySnapshot {
  std::string id{};
  std::string session_id{};
  std::string snapshot_type{};
  std::string content{};
  std::int64_t token_count = 0;
  Timestamp created_at{};  ///< not set: the time of the save

  friend bool operator==(const MemorySnapshot&, const MemorySnapshot&) = default;
};

/// The amount of a tenant's data.
struct SessionStatistics {
  std::int64_t sessions = 0;
  std::int64_t messages = 0;
  std::int64_t tool_executions = 0;
  double total_cost_usd = 0;
  std::int64_t total_tokens = 0;

  friend bool operator==(const SessionStatistics&, const SessionStatistics&) = default;
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::Session, id, name, agent_id, parent_session_id, context, created_at, updated_at,
                    total_cost_usd, total_tokens, last_sequence, user_id, revision, branch);
HEDDLE_ADAPT_STRUCT(heddle::SessionPatch, name, agent_id, parent_session_id, context, revision);
HEDDLE_ADAPT_STRUCT(heddle::Branch, branch, first_sequence, last_sequence, hidden_at);
HEDDLE_ADAPT_STRUCT(heddle::MemorySnapshot, id, session_id, snapshot_type, content, token_count, created_at);
HEDDLE_ADAPT_STRUCT(heddle::SessionStatistics, sessions, messages, tool_executions, total_cost_usd, total_tokens);
HEDDLE_LIMIT_TEXTS(heddle::Session, heddle::limits::id, id, agent_id, parent_session_id, user_id);
HEDDLE_LIMIT_TEXTS(heddle::SessionPatch, heddle::limits::id, agent_id, parent_session_id);
HEDDLE_LIMIT_TEXTS(heddle::MemorySnapshot, heddle::limits::id, id, session_id);
