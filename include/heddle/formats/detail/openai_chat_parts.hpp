// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/openai_audio.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/part.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The parts of messages of Chat Completions: what is in `content`, and what is beside it.
namespace heddle::formats::detail::openai_chat {

inline constexpr std::string_view api = "Chat Completions";

/// Notes of parts: where in the message they are, if the kind does not say it.
inline constexpr std::string_view in_note = "in";
inline constexpr std::string_view custom_note = "custom";

/// Returns the part of `content` without its rest; nothing if it has no form there.
[[nodiscard]] inline std::optional<Json> make_known_part(const Part& part) {
  Json made = Json::object();
  if (part.kind == PartKind::text || is_plain_document(part)) {
    made.set("type", "text");
    made.set("text", part.text);
  } else if (part.kind == PartKind::image && part.file_id.empty()) {
    made.set("type", "image_url");
    made.set("image_url", Json::object()).set("url", make_url(part));
  } else if (part.kind == PartKind::audio && part.url.empty() && part.file_id.empty()) {
    made.set("type", "input_audio");
    made.set("input_audio", make_input_audio(part));
  } else if (part.kind == PartKind::document && part.url.empty()) {
    made.set("type", "file");
    Json& file = made.set("file", Json::object());
    file.set_text("file_data", make_url(part));
    file.set_text("file_id", part.file_id);
  } else {
    return std::nullopt;
  }
  return made;
}

[[nodiscard]] inline Part read_part(const Json& json, const Pointer& at) {
  require_object(json, at);
  const std::string& type = text_of(json, "type", at);
  Part part;
  if (type == "text") {
    part.text = text_of(json, "text", at);
  } else if (type == "image_url") {
    part.kind = PartKind::image;
    take_url(part, text_of(object_of(json, "image_url", at), "url", at.member("image_url")));
  } else if (type == "input_audio") {
    take_input_audio(part, object_of(json, "input_audio", at), at.member("input_audio"));
  } else if (type == "file") {
    part.kind = PartKind::document;
    const Json& file = object_of(json, "file", at);
    if (const std::string data = text_if(file, "file_data"); data_url(data)) { take_url(part, data); }
    part.file_id = text_if(file, "file_id", limits::provider_id);
  } else {
    take_other(part, type, json);
    return part;
  }
  Json rest = Json::object();
  keep_rest(rest, json, make_known_part(part).value());
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Returns an element of `tool_calls` without its rest.
[[nodiscard]] inline Json make_known_call(const Part& part, const Json& rest) {
  const bool is_custom = has_note(rest, custom_note);
  Json made = Json::object();
  made.set_text("id", part.call.id);
  made.set("type", is_custom ? "custom" : "function");
  Json& function = made.set(is_custom ? "custom" : "function", Json::object());
  function.set("name", part.call.name);
  function.set(is_custom ? "input" : "arguments", part.call.input.text);
  return made;
}

/// Sets name and arguments of a call. Arguments are a text, whatever is in it.
inline void take_function(Part& part, const Json& function, std::string_view arguments, const Pointer& at) {
  part.kind = PartKind::tool_call;
  part.call.name = text_of(function, "name", at);
  part.call.input = function.find(arguments) == nullptr ? JsonValue("") : text_of(function, arguments, at);
}

[[nodiscard]] inline Part read_call(const Json& json, const Pointer& at) {
  require_object(json, at);
  const std::string type = json.find("type") == nullptr ? "function" : text_of(json, "type", at);
  Part part;
  Json rest = Json::object();
  if (type == "function") {
    take_function(part, object_of(json, "function", at), "arguments", at.member("function"));
  } else if (type == "custom") {
    add_note(rest, custom_note);
    take_function(part, object_of(json, "custom", at), "input", at.member("custom"));
  } else {
    take_other(part, type, json);
    rest.set(note_name(in_note), "tool_calls");
    part.extra.text = print(rest);
    return part;
  }
  part.call.id = text_if(json, "id", limits::provider_id);
  keep_rest(rest, json, make_known_call(part, rest));
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Returns the member `function_call`, which `tool_calls` have replaced, without its rest.
[[nodiscard]] inline Json make_function_call(const Part& part) {
  Json made = Json::object();
  made.set("name", part.call.name);
  made.set("arguments", part.call.input.text);
  return made;
}

/// Returns the member `audio` of an assistant, without its rest.
[[nodiscard]] inline Json make_audio(const Part& part) {
  Json made = Json::object();
  made.set_text("id", part.file_id);
  made.set_text("data", part.data);
  made.set_text("transcript", part.text);
  return made;
}

}  // namespace heddle::formats::detail::openai_chat
