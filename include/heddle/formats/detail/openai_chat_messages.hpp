// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/openai_chat_parts.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/parts_of.hpp"
#include "heddle/validation/field_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Messages of Chat Completions.
namespace heddle::formats::detail::openai_chat {

/// What a model has thought: members of servers that speak this format, not of OpenAI's own.
inline constexpr std::array<std::string_view, 2> thinking_members{"reasoning_content", "reasoning"};

inline constexpr std::string_view refusal_kind = "refusal";

/// Makes a message of its parts, one after the other.
class MessageWriter {
 public:
  MessageWriter(const Message& message, const Origin& origin) : message_(message), origin_(origin) {}

  [[nodiscard]] Json write() {
    made_.set("role", to_string(message_.role));
    const std::vector<Part> parts = parts_to_write(message_);
    for (std::size_t index = 0; index < parts.size(); ++index) { add(parts[index], index); }
    if (!has_result_) { made_.set("content", content()); }
    if (!calls_.items.empty()) { made_.set("tool_calls", std::move(calls_)); }
    return std::move(made_);
  }

 private:
  void add(const Part& part, std::size_t index) {
    const Json rest = rest_of(part, origin_.is_foreign, index);
    const std::string_view in = text_note(rest, in_note);
    if (part.kind == PartKind::thinking) {
      if (!in.empty()) { made_.set(in, part.text); }
    } else if (part.kind == PartKind::tool_call) {
      if (in == "function_call") {
        set("function_call", make_function_call(part), rest);
      } else {
        put_back(calls_.push(make_known_call(part, rest)), rest);
      }
    } else if (part.kind == PartKind::tool_result) {
      add_result(part, index);
    } else if (part.kind == PartKind::audio && message_.role == Role::assistant) {
      set("audio", make_audio(part), rest);
    } else if (auto known = make_known_part(part)) {
      put_back(content_.push(*std::move(known)), rest);
    } else {
      add_other(part, in, index);
    }
  }

  void set(std::string_view name, Json made, const Json& rest) { put_back(made_.set(name, std::move(made)), rest); }

  void add_result(const Part& part, std::size_t index) {
    if (has_result_ || !content_.items.empty()) {
      validation::refuse(validation::FieldPath("message").member("parts").element(index),
                         "is a tool result beside other parts, which are messages of their own in Chat Completions: "
                         "write_messages makes them");
    }
    has_result_ = true;
    made_.set("role", "tool");
    made_.set_text("tool_call_id", part.call_id);
    std::string text = text_of_result(part.result);
    std::optional<Json> list;
    if (has_note(origin_.message, "list")) { list = parse(text, kept_rules).json; }
    made_.set("content", list && list->is_array() ? *std::move(list) : Json::string(text));
  }

  void add_other(const Part& part, std::string_view in, std::size_t index) {
    // A refusal has the same form in OpenAI's other format.
    auto json = make_other(part, origin_.is_foreign && part.provider_kind != refusal_kind);
    if (!json) { refuse_part(index, api); }
    const Json* const refusal = part.provider_kind == refusal_kind ? json->find(refusal_kind) : nullptr;
    if (in == "tool_calls") {
      calls_.push(*std::move(json));
    } else if (refusal != nullptr && in != "content" && made_.find(refusal_kind) == nullptr) {
      made_.set(refusal_kind, *refusal);
    } else {
      content_.push(*std::move(json));
    }
  }

  [[nodiscard]] Json content() {
    if (content_.items.empty() && message_.role == Role::assistant && !has_note(origin_.message, "list")) { return {}; }
    const bool is_text = content_.items.size() == 1 && is_plain_text(content_.items.front());
    if (is_text && !has_note(origin_.message, "list")) { return *content_.items.front().find("text"); }
    return std::move(content_);
  }

  const Message& message_;
  const Origin& origin_;
  Json made_ = Json::object();
  Json content_ = Json::array();
  Json calls_ = Json::array();
  bool has_result_ = false;
};

inline void add_part(Message& message, Part part, const Json& rest) {
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  message.parts.push_back(std::move(part));
}

[[nodiscard]] inline Json noted(std::string_view in) {
  Json rest = Json::object();
  rest.set(note_name(in_note), in);
  return rest;
}

inline void take_content(Message& message, Json& rest, const Json& json, const Pointer& at) {
  const Json* const content = json.find("content");
  if (content == nullptr || content->is_null()) { return; }
  if (content->is_string()) {
    message.parts.push_back(Part::of_text(content->text));
    return;
  }
  if (!content->is_array()) { refuse(at.member("content"), "is neither null, a string nor an array"); }
  // Only where a string or null would be made of it.
  if (content->items.empty() || (content->items.size() == 1 && is_plain_text(content->items.front()))) {
    add_note(rest, "list");
  }
  for (std::size_t index = 0; index < content->items.size(); ++index) {
    Part part = read_part(content->items[index], at.member("content").element(index));
    if (part.provider_kind == refusal_kind) { part.extra.text = print(noted("content")); }
    message.parts.push_back(std::move(part));
  }
}

/// Takes the members of an assistant beside its content.
inline void take_beside(Message& message, const Json& json, const Pointer& at) {
  if (const Json* const refusal = json.find(refusal_kind); refusal != nullptr && refusal->is_string()) {
    Json other = Json::object();
    other.set("type", refusal_kind);
    other.set(refusal_kind, refusal->text);
    message.parts.push_back(Part::of_other(std::string(refusal_kind), print(other)));
  }
  if (const Json* const audio = json.find("audio"); audio != nullptr && audio->is_object()) {
    Part part;
    part.kind = PartKind::audio;
    part.file_id = text_if(*audio, "id", limits::provider_id);
    part.data = text_if(*audio, "data");
    part.text = text_if(*audio, "transcript");
    Json rest = Json::object();
    keep_rest(rest, *audio, make_audio(part));
    add_part(message, std::move(part), rest);
  }
  if (const Json* const calls = json.find("tool_calls"); calls != nullptr && !calls->is_null()) {
    require_array(*calls, at.member("tool_calls"));
    for (std::size_t index = 0; index < calls->items.size(); ++index) {
      message.parts.push_back(read_call(calls->items[index], at.member("tool_calls").element(index)));
    }
  }
  if (const Json* const call = json.find("function_call"); call != nullptr && !call->is_null()) {
    require_object(*call, at.member("function_call"));
    Part part;
    take_function(part, *call, "arguments", at.member("function_call"));
    Json rest = noted("function_call");
    keep_rest(rest, *call, make_function_call(part));
    add_part(message, std::move(part), rest);
  }
}

inline void take_result(Message& message, Json& rest, const Json& json, const Pointer& at) {
  Part part;
  part.kind = PartKind::tool_result;
  part.call_id = text_if(json, "tool_call_id", limits::provider_id);
  ToolResult& result = part.result.emplace();
  result.success = true;  // the format does not say it
  const Json& content = member(json, "content", at);
  if (content.is_array()) {
    add_note(rest, "list");
    result.data.text = print(content);
  } else if (content.is_string()) {
    result.data.text = content.text;
  } else if (content.is_null()) {
    result.data.text.clear();
  } else {
    refuse(at.member("content"), "is neither null, a string nor an array");
  }
  message.parts.push_back(std::move(part));
}

[[nodiscard]] inline Message read_message(const Json& json, const Pointer& at) {
  require_object(json, at);
  const std::string& role = text_of(json, "role", at);
  Message message;
  if (const auto known = parse_enum<Role>(role)) {
    message.role = *known;
  } else if (role == "developer" || role == "function") {
    message.role = role == "function" ? Role::tool : Role::system;
  } else {
    refuse(at.member("role"), "is not system, developer, user, assistant, tool or function");
  }
  Origin origin;
  if (message.role == Role::tool) {
    take_result(message, origin.message, json, at);
  } else {
    for (const std::string_view name : thinking_members) {
      const Json* const thinking = message.role == Role::assistant ? json.find(name) : nullptr;
      if (thinking == nullptr || !thinking->is_string()) { continue; }
      add_part(message, Part::of_thinking(thinking->text), noted(name));
    }
    take_content(message, origin.message, json, at);
    if (message.role == Role::assistant) { take_beside(message, json, at); }
  }
  keep_rest(origin.message, json, MessageWriter(message, origin).write());
  fill_in(message);
  set_origin(message, openai_chat_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_message(const Message& message) {
  const Origin origin = origin_of(message, openai_chat_name);
  Json made = MessageWriter(message, origin).write();
  put_back(made, origin.message);
  return made;
}

/// Appends a message to a list: as several, if it has the result of a tool beside other parts.
inline void append_message(Json& list, const Message& message, const Message* /*before*/ = nullptr) {
  const std::vector<Part> parts = parts_to_write(message);
  const auto is_result = [](const Part& part) { return part.kind == PartKind::tool_result; };
  if (parts.size() < 2 || std::none_of(parts.begin(), parts.end(), is_result)) {
    list.push(write_message(message));
    return;
  }
  Message others;
  others.metadata = message.metadata;
  for (const Part& part : parts) {
    if (!is_result(part)) {
      others.parts.push_back(part);
      continue;
    }
    Message result;
    result.role = Role::tool;
    result.metadata = message.metadata;
    result.parts.push_back(part);
    list.push(write_message(result));
  }
  if (!others.parts.empty()) { list.push(write_message(others)); }
}

}  // namespace heddle::formats::detail::openai_chat
