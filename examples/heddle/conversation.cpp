#include "conversation.hpp"

#include "json_line.hpp"

#include <heddle/model/parts_of.hpp>

#include <cstddef>
#include <string_view>

namespace command {
namespace {

constexpr std::size_t folded_width = 90;
constexpr std::string_view indentation = "  ";

/// Returns the text of a result: its data, or its error.
std::string_view text_of_result(const heddle::ToolResult& result) {
  return result.error ? std::string_view(result.error->message) : std::string_view(result.data.text);
}

/// Adds a JSON value; as a text if it is none.
void add_json(JsonLine& json, std::string_view name, const heddle::JsonValue& value) {
  if (value.is_json) {
    json.raw(name, value.text);
  } else {
    json.add(name, value.text);
  }
}

}  // namespace

std::string Conversation::title_of(const heddle::Session& session) const {
  std::string facts = in_one_line(session.id, 80);
  if (!session.agent_id.empty()) { facts += ", agent " + in_one_line(session.agent_id, 60); }
  if (session.parent_session_id) { facts += ", of session " + in_one_line(*session.parent_session_id, 80); }
  facts += ", " + with_commas(session.last_sequence) + " messages";
  if (session.total_tokens != 0) { facts += ", " + with_commas(session.total_tokens) + " tokens"; }
  if (session.total_cost_usd != 0) { facts += ", " + in_dollars(session.total_cost_usd); }
  return colours_.bold(in_one_line(session.name.empty() ? session.id : session.name, 100)) + "\n" +
         colours_.dim(facts + ", begun " + in_utc(session.created_at) + " UTC") + "\n\n";
}

std::string Conversation::heading_of(const heddle::Message& message) const {
  std::string name(to_string(message.role));
  switch (message.role) {
    case heddle::Role::user: name = colours_.green(name); break;
    case heddle::Role::assistant: name = colours_.cyan(name); break;
    case heddle::Role::tool: name = colours_.yellow(name); break;
    case heddle::Role::system: name = colours_.blue(name); break;
  }
  std::string facts = " " + std::to_string(message.sequence) + "  " + in_utc(message.timestamp);
  if (!message.model.empty()) { facts += "  " + in_one_line(message.model, 60); }
  if (message.state == heddle::MessageState::streaming) { facts += "  being written"; }
  if (message.state == heddle::MessageState::interrupted) { facts += "  interrupted"; }
  return colours_.bold(name) + colours_.dim(facts) + "\n";
}

std::string Conversation::text_of(const heddle::Message& message) const {
  std::string text = heading_of(message);
  if (message.redacted) {
    return text +
           indented(colours_.dim("(redacted: " + in_one_line(*message.redacted, folded_width) + ")"), indentation) +
           "\n";
  }
  for (const heddle::Part& each : heddle::parts_of(message)) { text += part(each); }
  return text + "\n";
}

std::string Conversation::part(const heddle::Part& part) const {
  const auto note = [&](const std::string& about) { return indented(colours_.dim("(" + about + ")"), indentation); };
  switch (part.kind) {
    case heddle::PartKind::text: return indented(printable(part.text), indentation);
    case heddle::PartKind::thinking:
      return unfolded_.thinking ? indented(colours_.dim(printable(part.text)), "  ~ ")
                                : note("thought " + in_bytes(static_cast<double>(part.text.size())));
    case heddle::PartKind::tool_call: return call(part.call);
    case heddle::PartKind::tool_result: return result(part);
    case heddle::PartKind::artifact: return note("artifact " + in_one_line(part.artifact_id, folded_width));
    case heddle::PartKind::other: return note("other: " + in_one_line(part.provider_kind, folded_width));
    default: break;
  }
  // An image, a document, audio or video.
  std::string about(to_string(part.kind));
  if (!part.media_type.empty()) { about += " " + in_one_line(part.media_type, 60); }
  if (!part.url.empty()) { about += " " + in_one_line(part.url, folded_width); }
  if (!part.data.empty()) { about += ", " + in_bytes(static_cast<double>(part.data.size()) * 3 / 4); }
  return note(about);
}

std::string Conversation::call(const heddle::ToolCall& call) const {
  const std::string name = "-> " + in_one_line(call.name, 60);
  if (!unfolded_.tools) {
    return indented(colours_.yellow(name) + " " + colours_.dim(in_one_line(call.input.text, folded_width)),
                    indentation);
  }
  return indented(colours_.yellow(name), indentation) + indented(printable(call.input.text), "     ");
}

std::string Conversation::result(const heddle::Part& part) const {
  if (!part.result) { return indented(colours_.dim("<- no result"), indentation); }
  const heddle::ToolResult& result = *part.result;
  const std::string state = result.error || !result.success ? colours_.red("<- failed") : colours_.green("<- done");
  if (!unfolded_.tools) {
    return indented(state + " " + colours_.dim(in_one_line(text_of_result(result), folded_width)), indentation);
  }
  return indented(state, indentation) + indented(printable(text_of_result(result)), "     ");
}

std::string Conversation::json_of(const heddle::Message& message) {
  JsonLine json;
  json.add("sequence", message.sequence)
      .add("role", to_string(message.role))
      .add("time", in_utc(message.timestamp))
      .add("model", message.model)
      .add("tokens", message.token_count)
      .add("cost_usd", message.cost_usd)
      .add("redacted", message.redacted);
  json.begin_list("parts");
  for (const heddle::Part& part : heddle::parts_of(message)) {
    json.begin_item().add("kind", to_string(part.kind));
    if (!part.text.empty()) { json.add("text", part.text); }
    if (part.kind == heddle::PartKind::tool_call) {
      json.add("id", part.call.id).add("name", part.call.name);
      add_json(json, "input", part.call.input);
    }
    if (part.kind == heddle::PartKind::tool_result) {
      json.add("id", part.call_id);
      if (part.result) {
        json.add("success", part.result->success);
        add_json(json, "data", part.result->data);
        if (part.result->error) { json.add("error", part.result->error->message); }
      }
    }
    if (!part.media_type.empty()) { json.add("media_type", part.media_type); }
    if (!part.url.empty()) { json.add("url", part.url); }
    if (!part.data.empty()) { json.add("data", part.data); }
    if (!part.artifact_id.empty()) { json.add("artifact", part.artifact_id); }
    json.end_object();
  }
  json.end_list();
  return json.line();
}

}  // namespace command
