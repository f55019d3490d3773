#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"

#include <string>
#include <vector>

/// Data for the tests of messages with parts.
namespace conformance {

using heddle::Part;
using heddle::PartKind;

/// Returns a part with a provider's own fields.
inline Part with_extra(Part part, const std::string& fields) {
  part.extra = fields;
  return part;
}

/// Returns a part with a value in every member, whatever its kind uses.
inline Part full_part(PartKind kind) {
  Part part;
  part.kind = kind;
  part.text = "text\nof a part";
  part.signature = "sig==";
  part.redacted = "redacted==";
  part.call = {"call", "tool", R"({"n": 1.0})", "thought"};
  part.call_id = "answered";
  part.result = heddle::ToolResult{.success = true, .data = R"([1, null])"};
  part.media_type = "application/pdf";
  part.data = "aGVsbG8=";
  part.url = "https://example.org/\U0001F600";
  part.file_id = "file-1";
  part.artifact_id = "artifact";
  part.provider_kind = "server_tool_use";
  part.json = R"({"type":"server_tool_use",  "n":1.50})";
  part.extra = R"({"cache_control": {"type":"ephemeral"}})";
  return part;
}

/// Returns parts of every kind, as a model and its tools write them.
inline std::vector<Part> parts_of_every_kind() {
  return {
      Part::of_thinking("Hm, what is it?", "c2lnbmF0dXJl"),
      Part::of_redacted_thinking("cmVkYWN0ZWQ="),
      Part::of_text("Grüße, 世界 \U0001F600"),
      with_extra(Part::of_text("second"), R"({"cache_control":{"type":"ephemeral"}})"),
      Part::of_tool_call({"call_0", "search", R"({"q": "a\"b", "big": 12345678901234567890})", "thought"}),
      Part::of_text(""),
      Part::of_tool_call({"call_1", "search", R"({"cut of)", ""}),
      Part::of_tool_result("call_0", {.success = true, .data = R"({"rows":[1.0]})"}),
      Part::of_tool_result("call_1", {.data = "not JSON", .error = heddle::ToolError{.code = "E", .message = "no"}}),
      Part::of_data(PartKind::image, "image/png", "aGVsbG8="),
      Part::of_url(PartKind::image, "https://example.org/a.png"),
      Part::of_file(PartKind::image, "file-1", "image/webp"),
      Part::of_data(PartKind::document, "application/pdf", "JVBERi0="),
      Part::of_url(PartKind::audio, "https://example.org/a.mp3", "audio/mpeg"),
      Part::of_file(PartKind::video, "files/abc"),
      Part::of_artifact("report"),
      Part::of_other("server_tool_use", R"({"type":"server_tool_use",  "n":1.50, "n":2})"),
      Part::of_other("broken", "{"),
      Part::of_text("the end")};
}

/// Returns a message with these parts.
inline heddle::Message made_of(std::vector<Part> parts) {
  return {.role = heddle::Role::assistant, .parts = std::move(parts)};
}

}  // namespace conformance
