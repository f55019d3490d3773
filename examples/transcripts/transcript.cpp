#include "transcript.hpp"

#include <heddle/formats/openai_chat.hpp>

#include <rapidjson/document.h>
#include <rapidjson/istreamwrapper.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

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

std::string print(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

/// Completes a message with what tau-bench knows: a tool's text that begins with "Error" reports a failure.
heddle::Message complete(heddle::Message message) {
  message.agent_id = "airline-agent";
  for (auto& part : message.parts) {
    if (!part.result) { continue; }
    part.result->success = part.result->data.text.rfind("Error", 0) != 0;
    message.tool_result = part.result;
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
    transcript.document = print(member(conversation, "traj"));
    for (auto& each : heddle::formats::openai_chat::read_messages(transcript.document)) {
      heddle::Message message = complete(std::move(each));
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
