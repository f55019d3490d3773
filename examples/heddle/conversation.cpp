#include "conversation.hpp"

#include "json_line.hpp"

#include <heddle/model/parts_of.hpp>

#include <algorithm>
#include <vector>

#include <unistd.h>

namespace command {
namespace {

constexpr std::size_t folded_width = 90;
constexpr std::size_t system_lines = 3;
constexpr std::string_view indentation = "  ";

/// Returns the text of a result: its data, or its error.
std::string_view text_of_result(const heddle::ToolResult& result) {
  return result.error ? std::string_view(result.error->message) : std::string_view(result.data.text);
}

/// Returns true for the parts of a message that has results of tools, and nothing but texts besides.
bool is_result(const std::vector<heddle::Part>& parts) {
  const auto of = [](heddle::PartKind kind) { return [kind](const heddle::Part& part) { return part.kind == kind; }; };
  const auto results = std::count_if(parts.begin(), parts.end(), of(heddle::PartKind::tool_result));
  const auto texts = std::count_if(parts.begin(), parts.end(), of(heddle::PartKind::text));
  return results > 0 && static_cast<std::size_t>(results + texts) == parts.size();
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

Conversation::Conversation(const Colours& colours, const Unfolded& unfolded)
    : colours_(colours), unfolded_(unfolded), width_(width_of_terminal(STDOUT_FILENO)) {}

std::string Conversation::title_of(const heddle::Session& session) const {
  std::string facts = in_one_line(session.id, 80);
  if (!session.agent_id.empty()) { facts += ", agent " + in_one_line(session.agent_id, 60); }
  if (session.parent_session_id) { facts += ", of session " + in_one_line(*session.parent_session_id, 80); }
  facts += ", " + counted(session.last_sequence, "message", "messages");
  if (session.total_tokens != 0) { facts += ", " + with_commas(session.total_tokens) + " tokens"; }
  if (session.total_cost_usd != 0) { facts += ", " + in_dollars(session.total_cost_usd); }
  return colours_.bold(in_one_line(session.name.empty() ? session.id : session.name, 100)) + "\n" +
         colours_.dim(facts + ", begun " + in_utc(session.created_at) + " UTC") + "\n";
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
  return "\n" + colours_.bold(name) + colours_.dim(facts) + "\n";
}

std::string Conversation::body(std::string_view text, std::string_view margin) const {
  const std::string clean = printable(text);
  return indented(width_ > margin.size() ? wrapped(clean, width_ - margin.size()) : clean, margin);
}

std::string Conversation::folded(std::string_view text, std::size_t used) const {
  constexpr std::size_t narrowest = 20;
  const std::size_t width = width_ == 0 ? folded_width : width_ - std::min(width_, used + indentation.size() + 1);
  return in_one_line(text, std::max(width, narrowest));
}

std::string Conversation::system_text(std::string_view text) const {
  if (unfolded_.system) { return body(text, indentation); }
  std::size_t end = 0;
  for (std::size_t lines = 0; lines < system_lines && end < text.size(); ++lines) {
    end = std::min(text.find('\n', end), text.size() - 1) + 1;
  }
  const auto more = std::count(text.begin() + static_cast<std::ptrdiff_t>(end), text.end(), '\n');
  if (more == 0) { return body(text, indentation); }
  return body(text.substr(0, end - 1), indentation) +
         indented(colours_.dim("(" + counted(more + 1, "more line", "more lines") + ", with --system)"), indentation);
}

std::string Conversation::text_of(const heddle::Message& message) const {
  if (message.redacted) {
    return heading_of(message) +
           indented(colours_.dim("(redacted: " + in_one_line(*message.redacted, folded_width) + ")"), indentation);
  }
  const auto parts = heddle::parts_of(message);
  const bool is_folded = !unfolded_.tools && message.role == heddle::Role::tool && is_result(parts);
  // A result stands below its call, without what the message says besides.
  std::string text = is_folded ? "" : heading_of(message);
  for (const heddle::Part& each : parts) {
    if (!is_folded || each.kind == heddle::PartKind::tool_result) { text += part(each, message.role); }
  }
  return text;
}

std::string Conversation::part(const heddle::Part& part, heddle::Role role) const {
  const auto note = [&](const std::string& about) { return indented(colours_.dim("(" + about + ")"), indentation); };
  switch (part.kind) {
    case heddle::PartKind::text:
      return role == heddle::Role::system ? system_text(part.text) : body(part.text, indentation);
    case heddle::PartKind::thinking:
      return unfolded_.thinking ? body(part.text, "  ~ ")
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
    return indented(colours_.yellow(name) + " " + colours_.dim(folded(call.input.text, name.size() + 1)), indentation);
  }
  return indented(colours_.yellow(name), indentation) + body(call.input.text, "     ");
}

std::string Conversation::result(const heddle::Part& part) const {
  if (!part.result) { return indented(colours_.dim("<- no result"), indentation); }
  const heddle::ToolResult& result = *part.result;
  const std::string state = result.error || !result.success ? colours_.red("<- failed") : colours_.green("<- done");
  if (!unfolded_.tools) {
    return indented(state + " " + colours_.dim(folded(text_of_result(result), 10)), indentation);
  }
  return indented(state, indentation) + body(text_of_result(result), "     ");
}

std::string Conversation::json_of(const heddle::Message& message) {
  JsonLine json;
  json.add("sequence", message.sequence)
      .add("role", to_string(message.role))
      .add("time", in_iso8601(message.timestamp))
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
