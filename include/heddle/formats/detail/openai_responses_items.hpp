// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/openai_audio.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Items of the Responses API, read. An item is one part, or several: those of a message and of a reasoning item. The
/// first of several has the item's own rest in the note `$item`.
namespace heddle::formats::detail::openai_responses {

inline constexpr std::string_view item_note = "$item";
inline constexpr std::string_view in_note = "in";  ///< where in an item a part is, if its kind does not say it

/// Returns the form of a part in the content of a message, without its rest; nothing if it has none.
[[nodiscard]] inline std::optional<Json> make_content(const Part& part, Role role) {
  Json made = Json::object();
  if (part.kind == PartKind::text || is_plain_document(part)) {
    made.set("type", role == Role::assistant ? "output_text" : "input_text");
    made.set("text", part.text);
    if (role == Role::assistant) { made.set("annotations", Json::array()); }
  } else if (part.kind == PartKind::image) {
    made.set("type", "input_image");
    made.set_text("image_url", make_url(part));
    made.set_text("file_id", part.file_id);
  } else if (part.kind == PartKind::document) {
    made.set("type", "input_file");
    if (!part.data.empty()) { made.set("file_data", make_url(part)); }
    made.set_text("file_url", part.url);
    made.set_text("file_id", part.file_id);
  } else if (part.kind == PartKind::audio && part.url.empty() && part.file_id.empty()) {
    made.set("type", "input_audio");
    made.set("input_audio", make_input_audio(part));
  } else {
    return std::nullopt;
  }
  return made;
}

[[nodiscard]] inline Part read_content(const Json& json, Role role, const Pointer& at) {
  require_object(json, at);
  const std::string& type = text_of(json, "type", at);
  Part part;
  Json rest = Json::object();
  if (type == "input_text" || type == "output_text" || type == "text") {
    part.text = text_of(json, "text", at);
  } else if (type == "input_image") {
    part.kind = PartKind::image;
    if (const std::string url = text_if(json, "image_url"); !url.empty()) { take_url(part, url); }
    part.file_id = text_if(json, "file_id", limits::provider_id);
  } else if (type == "input_file") {
    part.kind = PartKind::document;
    part.url = text_if(json, "file_url");
    if (const std::string data = text_if(json, "file_data"); data_url(data)) { take_url(part, data); }
    part.file_id = text_if(json, "file_id", limits::provider_id);
  } else if (type == "input_audio") {
    take_input_audio(part, object_of(json, "input_audio", at), at.member("input_audio"));
  } else {
    take_other(part, type, json);
    rest.set(note_name(in_note), "message");
    part.extra.text = print(rest);
    return part;
  }
  keep_rest(rest, json, make_content(part, role).value());
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Sets the item's own rest in its first part.
inline void set_item_rest(Part& part, Json item_rest) {
  Json rest = parse_object(part.extra.text, kept_rules).value();
  rest.set(item_note, std::move(item_rest));
  part.extra.text = print(rest);
}

/// Returns a message or a reasoning item without its list and its rest.
[[nodiscard]] inline Json make_message_item(Role role) {
  Json made = Json::object();
  made.set("type", "message");
  made.set("role", role == Role::tool ? std::string_view("user") : to_string(role));
  made.set("content", Json::array());
  return made;
}
[[nodiscard]] inline Json make_reasoning_item(const Part& first) {
  Json made = Json::object();
  made.set("type", "reasoning");
  made.set("summary", Json::array());
  made.set_text("encrypted_content", first.redacted);
  return made;
}

[[nodiscard]] inline Json make_call_item(const Part& part, const Json& rest) {
  const bool is_custom = has_note(rest, "custom");
  Json made = Json::object();
  made.set("type", is_custom ? "custom_tool_call" : "function_call");
  made.set("call_id", part.call.id);
  made.set("name", part.call.name);
  made.set(is_custom ? "input" : "arguments", part.call.input.text);
  return made;
}

[[nodiscard]] inline Json make_result_item(const Part& part, const Json& rest) {
  Json made = Json::object();
  made.set("type", has_note(rest, "custom") ? "custom_tool_call_output" : "function_call_output");
  made.set("call_id", part.call_id);
  std::string text = text_of_result(part.result);
  std::optional<Json> list;
  if (has_note(rest, "list")) { list = parse(text, kept_rules).json; }
  made.set("output", list && list->is_array() ? *std::move(list) : Json::string(text));
  return made;
}

inline void read_message_item(std::vector<Part>& parts, const Json& item, Role role, const Pointer& at) {
  const std::size_t first = parts.size();
  const Json& content = member(item, "content", at);
  Json rest = Json::object();
  Json made = make_message_item(role);
  if (content.is_string()) {
    add_note(rest, "string");
    parts.push_back(Part::of_text(content.text));
  } else if (content.is_array()) {
    for (std::size_t index = 0; index < content.items.size(); ++index) {
      parts.push_back(read_content(content.items[index], role, at.member("content").element(index)));
    }
  } else {
    refuse(at.member("content"), "is neither a string nor an array");
  }
  if (parts.size() == first) {
    take_other(parts.emplace_back(), "message", item);
    return;
  }
  made.set("content", content);
  keep_rest(rest, item, made);
  set_item_rest(parts[first], std::move(rest));
}

/// Returns whether a list has only texts of a type.
[[nodiscard]] inline bool has_only_texts(const Json* list, std::string_view type) {
  if (list == nullptr || list->is_null()) { return true; }
  if (!list->is_array()) { return false; }
  return std::all_of(list->items.begin(), list->items.end(), [type](const Json& each) {
    const Json* const text = each.find("text");
    return text_if(each, "type") == type && text != nullptr && text->is_string();
  });
}

[[nodiscard]] inline Json make_thought(const Part& part, std::string_view type) {
  Json made = Json::object();
  made.set("type", type);
  made.set("text", part.text);
  return made;
}

inline void read_reasoning_item(std::vector<Part>& parts, const Json& item) {
  const std::size_t first = parts.size();
  const Json* const summary = item.find("summary");
  const Json* const content = item.find("content");
  if (!has_only_texts(summary, "summary_text") || !has_only_texts(content, "reasoning_text")) {
    take_other(parts.emplace_back(), "reasoning", item);
    return;
  }
  const auto add = [&](const Json* list, std::string_view in, std::string_view type) {
    if (list == nullptr) { return; }
    for (const Json& each : list->items) {
      Part part = Part::of_thinking(each.find("text")->text);
      Json rest = Json::object();
      if (in == "content" || part.text.empty()) { rest.set(note_name(in_note), in); }
      keep_rest(rest, each, make_thought(part, type));
      if (!rest.items.empty()) { part.extra.text = print(rest); }
      parts.push_back(std::move(part));
    }
  };
  add(summary, "summary", "summary_text");
  add(content, "content", "reasoning_text");
  if (parts.size() == first) { parts.push_back(Part::of_thinking({})); }
  parts[first].redacted = text_if(item, "encrypted_content");
  Json made = make_reasoning_item(parts[first]);
  if (summary != nullptr && !summary->items.empty()) { made.set("summary", *summary); }
  if (content != nullptr && !content->items.empty()) { made.set("content", *content); }
  Json rest = Json::object();
  keep_rest(rest, item, made);
  set_item_rest(parts[first], std::move(rest));
}

[[nodiscard]] inline Part read_call_item(const Json& item, bool is_custom, const Pointer& at) {
  Part part;
  Json rest = Json::object();
  if (is_custom) { add_note(rest, "custom"); }
  part.kind = PartKind::tool_call;
  part.call.id = text_of(item, "call_id", at);
  part.call.name = text_of(item, "name", at);
  part.call.input = text_of(item, is_custom ? "input" : "arguments", at);
  keep_rest(rest, item, make_call_item(part, rest));
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

[[nodiscard]] inline Part read_result_item(const Json& item, bool is_custom, const Pointer& at) {
  Part part;
  Json rest = Json::object();
  if (is_custom) { add_note(rest, "custom"); }
  part.kind = PartKind::tool_result;
  part.call_id = text_of(item, "call_id", at);
  ToolResult& result = part.result.emplace();
  result.success = true;  // the format does not say it
  const Json& output = member(item, "output", at);
  if (output.is_array()) {
    add_note(rest, "list");
    result.data.text = print(output);
  } else if (output.is_string()) {
    result.data.text = output.text;
  } else {
    refuse(at.member("output"), "is neither a string nor an array");
  }
  keep_rest(rest, item, make_result_item(part, rest));
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Returns the type of an item. A message needs none.
[[nodiscard]] inline std::string type_of(const Json& item, const Pointer& at) {
  require_object(item, at);
  return item.find("type") == nullptr && item.find("role") != nullptr ? "message" : text_of(item, "type", at);
}

/// Returns the author of an item.
[[nodiscard]] inline Role role_of(const Json& item, const Pointer& at) {
  const std::string type = type_of(item, at);
  if (type == "message") {
    const std::string& role = text_of(item, "role", at);
    if (role == "developer") { return Role::system; }
    const auto known = parse_enum<Role>(role);
    if (!known || known == Role::tool) { refuse(at.member("role"), "is not user, assistant, system or developer"); }
    return *known;
  }
  if (type.ends_with("_output")) { return Role::tool; }
  return type == "mcp_approval_response" ? Role::user : Role::assistant;
}

/// Appends the parts of an item of a message.
inline void read_item(std::vector<Part>& parts, const Json& item, Role role, const Pointer& at) {
  const std::string type = type_of(item, at);
  if (type == "message") {
    read_message_item(parts, item, role, at);
  } else if (type == "reasoning") {
    read_reasoning_item(parts, item);
  } else if (type == "function_call" || type == "custom_tool_call") {
    parts.push_back(read_call_item(item, type == "custom_tool_call", at));
  } else if (type == "function_call_output" || type == "custom_tool_call_output") {
    parts.push_back(read_result_item(item, type == "custom_tool_call_output", at));
  } else {
    Part& part = parts.emplace_back();
    take_other(part, type, item);
    if (type != "refusal") { return; }
    // Elsewhere a refusal is content of a message.
    Json rest = Json::object();
    rest.set(note_name(in_note), "item");
    part.extra.text = print(rest);
  }
}

}  // namespace heddle::formats::detail::openai_responses
