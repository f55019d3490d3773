#pragma once

#include "heddle/context.hpp"
#include "heddle/model/artifact.hpp"
#include "heddle/model/human_request.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

/// Records that the operations of operations.hpp write.
namespace operations {

using namespace heddle;
using namespace std::chrono_literals;

/// Part of every text of a caller, and the start of every number, so that none is overlooked in SQL.
inline const std::string text_mark = "unspliced";
constexpr std::int64_t number_mark = 918'273'645;
inline const Timestamp time_mark{918'273'645'000'000us};

inline const Context tenant = Context::for_user(text_mark + " tenant");

inline Message message(const std::string& agent = {}) {
  Message message{.content = text_mark + " text with some words", .session_context = SessionContext::shared};
  message.tool_calls = {{text_mark, text_mark, {R"({"unspliced": 1})"}, {}}};
  message.agent_id = agent;
  message.timestamp = time_mark;
  message.token_count = number_mark;
  return message;
}
/// The same with parts and usage.
inline Message whole_message() {
  Message message = operations::message();
  message.parts = {Part::of_text(text_mark), Part::of_thinking(text_mark), Part::of_tool_call(message.tool_calls[0])};
  message.model = text_mark;
  message.usage.input_tokens = number_mark;
  return message;
}
/// A batch.
inline const std::vector<Message>& thousand() {
  static const std::vector<Message> batch(1000, message());
  return batch;
}
inline ToolExecution execution() {
  return {.tool_name = text_mark, .input = {R"({"unspliced": 2})"}, .timestamp = time_mark};
}
inline Artifact artifact(const std::string& id, const std::string& session) {
  return {.id = id,
          .name = id + ".csv",
          .path = "/" + id,
          .purpose = text_mark,
          .size_bytes = number_mark,
          .tags = {text_mark},
          .session_id = session};
}
inline NewResult result(const std::string& id) {
  return {.id = id, .table_name = text_mark, .table = {{text_mark}, {{number_mark}, {text_mark}}}};
}
inline HumanRequest request(const std::string& id, const std::string& session) {
  return {.id = id, .agent_id = text_mark, .session_id = session, .question = text_mark};
}
inline HumanResponse response() { return {.response = text_mark, .responded_by = text_mark}; }

}  // namespace operations
