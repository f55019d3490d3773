// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/part.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

/// The parts of a content of generateContent.
namespace heddle::formats::detail::gemini {

inline constexpr std::string_view api = "generateContent of Gemini";

[[nodiscard]] inline PartKind kind_of(std::string_view media_type) {
  if (media_type.starts_with("image/")) { return PartKind::image; }
  if (media_type.starts_with("audio/")) { return PartKind::audio; }
  return media_type.starts_with("video/") ? PartKind::video : PartKind::document;
}

/// Returns the result of a tool as an object: itself, or as `output` or `error`, as the API's reference asks for.
[[nodiscard]] inline Json make_result(const Part& part) {
  const std::string text = text_of_result(part.result);
  if (auto object = parse_object(text)) { return *std::move(object); }
  Parsed value = parse(text, document_rules);
  Json made = Json::object();
  made.set(part.result && !part.result->success ? "error" : "output",
           value.json ? *std::move(value.json) : Json::string(text));
  return made;
}

/// Returns a part without its rest; nothing if it has no form. `name` is that of the function that returned a result,
/// where a caller knows it.
[[nodiscard]] inline std::optional<Json> make_known_part(const Part& part, std::string_view name) {
  Json made = Json::object();
  if (part.kind == PartKind::text || part.kind == PartKind::thinking || is_plain_document(part)) {
    made.set("text", part.text);
    if (part.kind == PartKind::thinking) { made.set("thought", Json::boolean(true)); }
    made.set_text("thoughtSignature", part.signature);
  } else if (part.kind == PartKind::tool_call) {
    Json call = Json::object();
    call.set_text("id", part.call.id);
    call.set("name", part.call.name);
    if (!part.call.input.text.empty()) { call.set("args", make_arguments(part.call.input)); }
    made.set("functionCall", std::move(call));
    made.set_text("thoughtSignature", part.call.thought_signature);
  } else if (part.kind == PartKind::tool_result) {
    Json response = Json::object();
    response.set_text("id", part.call_id);
    response.set_text("name", name);
    response.set("response", make_result(part));
    made.set("functionResponse", std::move(response));
  } else if (part.kind == PartKind::artifact || part.kind == PartKind::other || !part.file_id.empty()) {
    return std::nullopt;
  } else if (!part.url.empty()) {
    Json& file = made.set("fileData", Json::object());
    file.set_text("mimeType", part.media_type);
    file.set("fileUri", part.url);
  } else {
    Json& data = made.set("inlineData", Json::object());
    data.set_text("mimeType", part.media_type);
    data.set("data", part.data);
  }
  return made;
}

inline void take_media(Part& part, const Json& json, std::string_view name, const Pointer& at) {
  const Json& media = object_of(json, name, at);
  part.media_type = text_if(media, "mimeType", limits::name);
  part.kind = kind_of(part.media_type);
  if (name == "fileData") {
    part.url = text_of(media, "fileUri", at.member(name));
  } else {
    part.data = text_of(media, "data", at.member(name));
  }
}

inline void take_call(Part& part, const Json& json, const Pointer& at) {
  part.kind = PartKind::tool_call;
  const Json& call = object_of(json, "functionCall", at);
  const Pointer in = at.member("functionCall");
  part.call.id = text_if(call, "id", limits::provider_id);
  part.call.name = text_of(call, "name", in);
  part.call.input = call.find("args") == nullptr ? JsonValue("") : take_arguments(object_of(call, "args", in));
  part.call.thought_signature = text_if(json, "thoughtSignature");
}

inline void take_result(Part& part, const Json& json, const Pointer& at) {
  part.kind = PartKind::tool_result;
  const Json& returned = object_of(json, "functionResponse", at);
  part.call_id = text_if(returned, "id", limits::provider_id);
  ToolResult& result = part.result.emplace();
  if (returned.find("response") != nullptr) {
    result.data.text = print(object_of(returned, "response", at.member("functionResponse")));
  }
  result.success = object_if(returned, "response").find("error") == nullptr;
}

/// Returns the name of the member that says what a part is; empty if Heddle does not know it.
[[nodiscard]] inline std::string_view data_of(const Json& json) {
  for (const std::string_view name : {"text", "inlineData", "fileData", "functionCall", "functionResponse"}) {
    if (json.find(name) != nullptr) { return name; }
  }
  return {};
}

[[nodiscard]] inline Part read_part(const Json& json, const Pointer& at) {
  require_object(json, at);
  const std::string_view data = data_of(json);
  Part part;
  if (data == "text") {
    const Json* const thought = json.find("thought");
    part.kind = thought != nullptr && thought->is_true() ? PartKind::thinking : PartKind::text;
    part.text = text_of(json, "text", at);
    part.signature = text_if(json, "thoughtSignature");
  } else if (data == "functionCall") {
    take_call(part, json, at);
  } else if (data == "functionResponse") {
    take_result(part, json, at);
  } else if (data.empty()) {
    take_other(part, json.names.empty() ? std::string() : json.names.front(), json);
    return part;
  } else {
    take_media(part, json, data, at);
  }
  Json rest = Json::object();
  keep_rest(rest, json, make_known_part(part, {}).value());
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Returns the JSON of a part; nothing for thinking from another format, whose signature only its provider reads.
[[nodiscard]] inline std::optional<Json> write_part(const Part& part, bool is_foreign, std::string_view name,
                                                    std::size_t index) {
  if (part.kind == PartKind::thinking && is_foreign) { return std::nullopt; }
  const Json rest = rest_of(part, is_foreign, index);
  std::optional<Json> made;
  if (is_foreign) {
    // The signatures of another provider are of no use here.
    Part plain = part;
    plain.signature.clear();
    plain.call.thought_signature.clear();
    made = make_known_part(plain, name);
  } else {
    made = make_known_part(part, name);
  }
  if (made) {
    put_back(*made, rest);
  } else {
    made = make_other(part, is_foreign);
    if (!made) { refuse_part(index, api); }
  }
  return made;
}

}  // namespace heddle::formats::detail::gemini
