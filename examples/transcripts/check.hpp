#pragma once

#include "transcript.hpp"

#include <heddle/concepts/storage_backend.hpp>
#include <heddle/formats/openai_chat.hpp>

#include <rapidjson/document.h>

#include <cstdint>
#include <set>
#include <stdexcept>
#include <string>
#include <vector>

inline void expect(bool holds, const std::string& what) {
  if (!holds) { throw std::runtime_error("differs from the file: " + what); }
}

/// Returns whether two documents are the same but for the order of members and white space.
inline bool is_same_json(const std::string& a, const std::string& b) {
  rapidjson::Document first;
  rapidjson::Document second;
  return !first.Parse(a.c_str()).HasParseError() && !second.Parse(b.c_str()).HasParseError() && first == second;
}

/// Reads everything back and compares it with the file, message by message, and the JSON that a provider would get.
/// Throws if anything differs.
FileCounts check_all(heddle::StorageBackend auto& storage, const TranscriptFile& file) {
  FileCounts found;
  auto& sessions = storage.session_storage();
  std::set<std::string> tenants;
  for (const auto& transcript : file.transcripts) {
    tenants.insert(transcript.tenant);
    const auto context = heddle::Context::for_user(transcript.tenant);
    std::vector<const heddle::Message*> expected;
    for (const auto& turn : transcript.turns) {
      for (const auto& message : turn.messages) { expected.push_back(&message); }
    }
    std::size_t index = 0;
    std::vector<heddle::Message> loaded;
    sessions.for_each_message(context, transcript.session_id, [&](const heddle::Message& message) {
      const std::string place = transcript.tenant + " " + transcript.session_id + " " + std::to_string(index);
      expect(index < expected.size(), "more messages in " + place);
      expect(message.content == expected[index]->content, "the content of " + place);
      expect(message.tool_calls == expected[index]->tool_calls, "the tool calls of " + place);
      expect(message.tool_result == expected[index]->tool_result, "the tool result of " + place);
      expect(message.sequence == static_cast<std::int64_t>(index) + 1, "the sequence of " + place);
      found.tool_calls += static_cast<std::int64_t>(message.tool_calls.size());
      loaded.push_back(message);
      ++index;
    });
    expect(index == expected.size(), "the number of messages of " + transcript.session_id);
    expect(is_same_json(heddle::formats::openai_chat::write_messages(loaded), transcript.document),
           "the JSON of " + transcript.session_id);
  }
  for (const auto& tenant : tenants) {
    const auto statistics = sessions.statistics(heddle::Context::for_user(tenant));
    found.conversations += statistics.sessions;
    found.messages += statistics.messages;
    found.tool_results += statistics.tool_executions;
  }
  expect(found.conversations == file.counts.conversations, "the number of conversations");
  expect(found.messages == file.counts.messages, "the number of messages");
  expect(found.tool_calls == file.counts.tool_calls, "the number of tool calls");
  expect(found.tool_results == file.counts.tool_results, "the number of tool executions");
  return found;
}
