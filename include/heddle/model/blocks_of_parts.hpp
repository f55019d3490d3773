// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"

#include <concepts>

namespace heddle {

/// Fills in the content blocks of a message with parts: the texts and the images, if there is an image with data or a
/// URL. A template only so that files that do not call it do not compile it.
void add_blocks_of_parts(std::same_as<Message> auto& message) {
  const auto is_shown = [](const Part& part) {
    return part.kind == PartKind::image && !(part.data.empty() && part.url.empty());
  };
  bool has_image = false;
  for (const Part& part : message.parts) { has_image = has_image || is_shown(part); }
  if (!has_image) { return; }
  for (const Part& part : message.parts) {
    if (part.kind == PartKind::text) {
      message.content_blocks.push_back({ContentKind::text, part.text, {}});
    } else if (is_shown(part)) {
      const bool has_data = !part.data.empty();
      message.content_blocks.push_back({has_data ? ContentKind::image_base64 : ContentKind::image_url,
                                        has_data ? part.data : part.url, part.media_type});
    }
  }
}

}  // namespace heddle
