#include "transcript.hpp"

#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>

#include <fstream>
#include <stdexcept>
#include <string>
#include <utility>

namespace {

[[noreturn]] void refuse(const std::string& what) { throw std::runtime_error("the transcript file: " + what); }

const rapidjson::Value& member(const rapidjson::Value& object, const char* name) {
  const auto found = object.FindMember(name);
  if (found == object.MemberEnd()) { refuse(std::string("no member ") + name); }
  return found->value;
}

std::string text(const rapidjson::Value& object, const char* name) {
  const auto& value = member(object, name);
  if (value.IsNull()) { return {}; }
  if (!value.IsString()) { refuse(std::string(name) + " is not a string"); }
  return {value.GetString(), value.GetStringLength()};
}

/// The result of a tool. Text that begins with "Error" reports a failure; text that is not JSON becomes the error's
/// message.
heddle::ToolResult result_of(const std::string& content) {
  heddle::ToolResult result;
  result.success = content.rfind("Error", 0) != 0;
  rapidjson::Document parsed;
  if (!parsed.Parse(content.c_str()).HasParseError()) {
    result.data.text = content;
  } else if (!result.success) {
    result.error = heddle::ToolError{.code = "tool_error", .message = content};
  }
  return result;
}

heddle::Message message_of(const rapidjson::Value& from) {
  heddle::Message message;
  const auto role = heddle::parse_enum<heddle::Role>(text(from, "role"));
  if (!role) { refuse("an unknown role"); }
  message.role = *role;
  message.content = text(from, "content");
  message.agent_id = "airline-agent";
  if (from.HasMember("tool_calls")) {
    for (const auto& call : member(from, "tool_calls").GetArray()) {
      const auto& function = member(call, "function");
      message.tool_calls.push_back({text(call, "id"), text(function, "name"), {text(function, "arguments")}, {}});
    }
  }
  if (message.role == heddle::Role::tool) {
    message.tool_use_id = text(from, "tool_call_id");
    message.tool_result = result_of(message.content);
  }
  return message;
}

/// Adds a message to its turn: a tool's result to the turn of its call, any other message to a new turn.
void add(std::vector<heddle::Turn>& turns, heddle::Message message) {
  if (message.role == heddle::Role::tool && !turns.empty()) {
    heddle::Turn& turn = turns.back();
    for (const auto& call : turn.messages.front().tool_calls) {
      if (call.id == message.tool_use_id) {
        turn.executions.push_back({.tool_name = call.name, .input = call.input, .result = message.tool_result});
      }
    }
    turn.messages.push_back(std::move(message));
  } else {
    turns.push_back({{std::move(message)}, {}});
  }
}

}  // namespace

TranscriptFile read_transcripts(const std::filesystem::path& path) {
  std::ifstream stream(path);
  if (!stream) { refuse("cannot open " + path.string()); }
  rapidjson::IStreamWrapper input(stream);
  rapidjson::Document document;
  if (document.ParseStream(input).HasParseError() || !document.IsArray()) { refuse("it is not a JSON array"); }

  TranscriptFile file;
  for (const auto& conversation : document.GetArray()) {
    const std::string task = std::to_string(member(conversation, "task_id").GetInt());
    Transcript transcript;
    transcript.tenant = "airline-" + std::to_string(member(conversation, "trial").GetInt());
    transcript.session_id = "task-" + task;
    transcript.name = "Task " + task;
    for (const auto& each : member(conversation, "traj").GetArray()) {
      heddle::Message message = message_of(each);
      ++file.counts.messages;
      file.counts.tool_calls += static_cast<std::int64_t>(message.tool_calls.size());
      file.counts.tool_results += message.role == heddle::Role::tool ? 1 : 0;
      add(transcript.turns, std::move(message));
    }
    ++file.counts.conversations;
    file.transcripts.push_back(std::move(transcript));
  }
  return file;
}
