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
#include <utility>

/// The content blocks of the Messages API.
namespace heddle::formats::detail::anthropic {

/// Sets where an image or a document is. A source of another type stays in the rest.
inline void take_source(Part& part, const Json& block, const Pointer& at) {
  const Json& source = object_of(block, "source", at);
  const std::string& type = text_of(source, "type", at.member("source"));
  if (type == "url") {
    part.url = text_if(source, "url");
  } else if (type == "file") {
    part.file_id = text_if(source, "file_id", limits::provider_id);
  } else if (type == "base64" || (type == "text" && part.kind == PartKind::document)) {
    part.media_type = text_if(source, "media_type", limits::name);
    (type == "text" ? part.text : part.data) = text_if(source, "data");
  }
}

inline void make_source(Json& block, const Part& part) {
  Json source = Json::object();
  if (!part.data.empty() || !part.text.empty()) {
    const bool is_text = part.data.empty();
    source.set("type", is_text ? "text" : "base64");
    source.set("media_type", is_text && part.media_type.empty() ? std::string("text/plain") : part.media_type);
    source.set("data", is_text ? part.text : part.data);
  } else if (!part.url.empty()) {
    source.set("type", "url");
    source.set("url", part.url);
  } else if (!part.file_id.empty()) {
    source.set("type", "file");
    source.set("file_id", part.file_id);
  } else {
    return;
  }
  block.set("source", std::move(source));
}

inline void take_result(Part& part, Json& rest, const Json& block, const Pointer& at) {
  part.kind = PartKind::tool_result;
  part.call_id = text_of(block, "tool_use_id", at);
  ToolResult& result = part.result.emplace();
  if (const Json* const content = block.find("content")) {
    if (content->is_array()) {
      add_note(rest, "list");
      result.data.text = print(*content);
    } else if (content->is_string()) {
      result.data.text = content->text;
    } else if (!content->is_null()) {
      refuse(at.member("content"), "is neither a string nor an array");
    }
  }
  const Json* const is_error = block.find("is_error");
  result.success = is_error == nullptr || !is_error->is_true();
  // So that a change of `success` is not undone by the rest.
  if (is_error != nullptr && result.success) { add_note(rest, "is_error"); }
}

inline void make_result(Json& block, const Part& part, const Json& rest) {
  block.set("type", "tool_result");
  block.set("tool_use_id", part.call_id);
  std::string text = text_of_result(part.result);
  std::optional<Json> list;
  if (has_note(rest, "list")) { list = parse(text, kept_rules).json; }
  if (list && list->is_array()) {
    block.set("content", *std::move(list));
  } else if (text != "null") {
    block.set("content", text);
  }
  if (part.result && (!part.result->success || has_note(rest, "is_error"))) {
    block.set("is_error", Json::boolean(!part.result->success));
  }
}

/// Returns the block of a part without its rest; nothing if it has no form.
[[nodiscard]] inline std::optional<Json> make_known_block(const Part& part, const Json& rest) {
  Json block = Json::object();
  switch (part.kind) {
    case PartKind::text:
      block.set("type", "text");
      block.set("text", part.text);
      return block;
    case PartKind::thinking:
      block.set("type", part.redacted.empty() ? "thinking" : "redacted_thinking");
      if (part.redacted.empty()) { block.set("thinking", part.text); }
      block.set_text("signature", part.signature);
      block.set_text("data", part.redacted);
      return block;
    case PartKind::tool_call:
      block.set("type", "tool_use");
      block.set("id", part.call.id);
      block.set("name", part.call.name);
      block.set("input", make_arguments(part.call.input));
      return block;
    case PartKind::tool_result: make_result(block, part, rest); return block;
    case PartKind::image:
    case PartKind::document:
      block.set("type", part.kind == PartKind::image ? "image" : "document");
      make_source(block, part);
      return block;
    case PartKind::audio:
    case PartKind::video:
    case PartKind::artifact:
    case PartKind::other: break;
  }
  return std::nullopt;
}

/// Returns a content block as a part.
[[nodiscard]] inline Part read_block(const Json& block, const Pointer& at) {
  require_object(block, at);
  const std::string& type = text_of(block, "type", at);
  Part part;
  Json rest = Json::object();
  if (type == "text") {
    part.text = text_of(block, "text", at);
  } else if (type == "thinking") {
    part.kind = PartKind::thinking;
    part.text = text_of(block, "thinking", at);
    part.signature = text_if(block, "signature");
  } else if (type == "redacted_thinking") {
    part.kind = PartKind::thinking;
    part.redacted = text_of(block, "data", at);
  } else if (type == "tool_use") {
    part.kind = PartKind::tool_call;
    part.call.id = text_of(block, "id", at);
    part.call.name = text_of(block, "name", at);
    part.call.input = block.find("input") == nullptr ? JsonValue("") : take_arguments(object_of(block, "input", at));
  } else if (type == "tool_result") {
    take_result(part, rest, block, at);
  } else if (type == "image" || type == "document") {
    part.kind = type == "image" ? PartKind::image : PartKind::document;
    take_source(part, block, at);
  } else {
    take_other(part, type, block);
    return part;
  }
  keep_rest(rest, block, make_known_block(part, rest).value());
  if (!rest.items.empty()) { part.extra.text = print(rest); }
  return part;
}

/// Returns the block of a part; nothing for thinking from another format, whose signature only its provider reads.
[[nodiscard]] inline std::optional<Json> write_block(const Part& part, bool is_foreign, std::size_t index) {
  if (part.kind == PartKind::thinking && is_foreign) { return std::nullopt; }
  const Json rest = rest_of(part, is_foreign, index);
  std::optional<Json> block = make_known_block(part, rest);
  if (block) {
    put_back(*block, rest);
  } else {
    block = make_other(part, is_foreign);
    if (!block) { refuse_part(index, "the Messages API of Anthropic"); }
  }
  return block;
}

}  // namespace heddle::formats::detail::anthropic
