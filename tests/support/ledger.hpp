#pragma once

#include "heddle/model/message.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <mutex>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace support {

/// The number of messages in a turn of these tests.
inline constexpr int turn_size = 3;

/// Returns a message with only this content.
inline heddle::Message saying(std::string content) { return {.content = std::move(content)}; }

/// Returns the content of a part of a turn, from which a reader can see whether the turn is whole.
inline std::string part_of_turn(const std::string& name, int part) {
  return "turn " + name + " " + std::to_string(part);
}

/// Returns a turn of several messages and one execution.
inline heddle::Turn turn_named(const std::string& name) {
  heddle::Turn turn;
  for (int part = 1; part <= turn_size; ++part) { turn.messages.push_back(saying(part_of_turn(name, part))); }
  turn.executions.push_back({.tool_name = name});
  return turn;
}

/// Returns what is wrong with the list of all messages of a session: a gap, or a turn that is not whole; empty if
/// nothing is wrong.
inline std::string fault_in(const std::vector<heddle::Message>& messages) {
  std::string open_turn;
  int parts = 0;
  std::int64_t expected = 0;
  for (const heddle::Message& message : messages) {
    if (message.sequence != ++expected) { return "a gap before sequence " + std::to_string(message.sequence); }
    std::istringstream words(message.content);
    std::string kind;
    std::string name;
    int part = 0;
    words >> kind >> name >> part;
    if (kind != "turn") {
      if (parts != 0) { return "a message inside turn " + open_turn; }
      continue;
    }
    if (part != parts + 1 || (part > 1 && name != open_turn)) { return "turn " + name + " is torn"; }
    open_turn = name;
    parts = part == turn_size ? 0 : part;
  }
  return parts == 0 ? std::string() : "turn " + open_turn + " is cut off";
}

/// Returns what is wrong with a session whose turns all come from `turn_named`: with its messages, or a turn that does
/// not have its one execution; empty if nothing is wrong.
template <class Store>
std::string fault_in_session(Store& store, const std::string& session) {
  const auto messages = store.load_messages({}, session).items;
  if (std::string fault = fault_in(messages); !fault.empty()) { return fault; }
  std::map<std::string, int> executions;
  for (const auto& execution : store.list_tool_executions({}, session, {.limit = 10000}).items) {
    ++executions[execution.tool_name];
  }
  for (const heddle::Message& message : messages) {
    std::istringstream words(message.content);
    std::string kind;
    std::string name;
    int part = 0;
    words >> kind >> name >> part;
    if (kind != "turn" || part != 1) { continue; }
    if (executions[name] != 1) { return "turn " + name + " has " + std::to_string(executions[name]) + " executions"; }
    executions.erase(name);
  }
  return executions.empty() ? std::string()
                            : "an execution of turn " + executions.begin()->first + ", which is not there";
}

/// The messages whose saves have returned: each by its session and the sequence number that the save returned.
class Ledger {
 public:
  void add(const std::string& session, std::int64_t sequence, const std::string& content) {
    const std::lock_guard lock(mutex_);
    const bool is_new = entries_[session].emplace(sequence, content).second;
    if (!is_new) { doubled_ += session + ":" + std::to_string(sequence) + " "; }
  }

  void add_turn(const std::string& session, heddle::SequenceRange range, const std::string& name) {
    for (int part = 1; part <= turn_size; ++part) { add(session, range.first + part - 1, part_of_turn(name, part)); }
  }

  /// Checks that the backend has each of these messages at its place, and no other.
  template <class Backend>
  void check(Backend& backend) const {
    CHECK(doubled_ == "");
    for (const auto& each : entries_) {
      const std::string& session = each.first;
      const auto& entries = each.second;
      CAPTURE(session);
      CHECK(fault_in_session(backend.session_storage(), session) == "");
      const auto messages = backend.session_storage().load_messages({}, session).items;
      REQUIRE(messages.size() == entries.size());
      std::size_t wrong = 0;
      for (const heddle::Message& message : messages) {
        const auto found = entries.find(message.sequence);
        if (found == entries.end() || found->second != message.content) { ++wrong; }
      }
      CHECK(wrong == 0);
    }
  }

 private:
  std::mutex mutex_;
  std::map<std::string, std::map<std::int64_t, std::string>> entries_;
  std::string doubled_;
};

}  // namespace support
