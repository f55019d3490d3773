#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"

#include <concepts>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

/// Returns the parts of any message: its own, or those that its other members are.
///
/// Of a message without parts they are, in this order: its content, if it is not empty; its content blocks, without the
/// content if that is the text of the blocks, joined by newlines; its tool calls; its tool result, if it has one or the
/// id of a call. Empty content is no part: such a message does not say whether it has an empty text or none, which
/// `Part::of_text("")` says. A template, so that only files that call it compile it.
[[nodiscard]] std::vector<Part> parts_of(const std::same_as<Message> auto& message) {
  if (!message.parts.empty()) { return message.parts; }
  std::vector<Part> parts;
  std::string text;
  for (const ContentBlock& block : message.content_blocks) {
    switch (block.kind) {
      case ContentKind::text:
        if (!text.empty()) { text += '\n'; }
        text += block.value;
        parts.push_back(Part::of_text(block.value));
        parts.back().media_type = block.media_type;
        break;
      case ContentKind::image_base64:
        parts.push_back(Part::of_data(PartKind::image, block.media_type, block.value));
        break;
      case ContentKind::image_url: parts.push_back(Part::of_url(PartKind::image, block.value, block.media_type)); break;
    }
  }
  if (!message.content.empty() && message.content != text) {
    parts.insert(parts.begin(), Part::of_text(message.content));
  }
  for (const ToolCall& call : message.tool_calls) { parts.push_back(Part::of_tool_call(call)); }
  if (message.tool_result || !message.tool_use_id.empty()) {
    Part part;
    part.kind = PartKind::tool_result;
    part.call_id = message.tool_use_id;
    part.result = message.tool_result;
    parts.push_back(std::move(part));
  }
  return parts;
}

}  // namespace heddle
