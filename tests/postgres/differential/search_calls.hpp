#pragma once

#include "heddle/sql/json_codec.hpp"
#include "postgres/differential/store_calls.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace differential {

/// Texts of one tenant, and searches for their words.
class SearchCalls : public StoreCalls {
 public:
  using StoreCalls::StoreCalls;

  /// Stores messages and artifacts in a few sessions.
  void fill_texts(std::size_t count) {
    const auto& context = tenants_.front();
    begin();
    for (std::size_t at = 0; at < count; ++at) {
      const heddle::Message message = random_.one_in(2) ? message_of_parts() : heddle::Message{.content = any_text(30)};
      call("save_message", [&](auto& side) {
        return shown(side, side.backend.session_storage().save_message(context, at % 3 == 0 ? "s0" : "s1", message));
      });
      heddle::Artifact artifact{.id = std::to_string(at), .name = random_.words(3), .purpose = random_.words(10)};
      if (random_.one_in(2)) { artifact.tags = {"a tag", "Grüße", "say \"hello\"", "back\\slash"}; }
      remember_text(artifact.name + " " + artifact.purpose);
      remember_text(artifact.purpose + " hello back slash");
      call("index_artifact",
           [&](auto& side) { return shown(side, side.backend.artifact_store().index(context, artifact)); });
    }
  }

  /// Searches for words of these texts.
  void search_once() {
    const auto& context = tenants_.front();
    const std::string words = query();
    if (random_.one_in(3)) {
      const heddle::ArtifactSearch search = random_.artifact_search(words);
      return read_list(
          "search_artifacts for " + words,
          [&](auto& side, const auto& page) { return side.backend.artifact_store().search(context, search, page); },
          search.order == heddle::SearchOrder::best);
    }
    heddle::MessageSearch search = random_.search(words);
    if (random_.one_in(5)) { search.session_id = "s1"; }
    if (random_.one_in(5)) { search.agent_id = "agent0"; }
    read_list(
        "search_messages for " + words,
        [&](auto& side, const auto& page) {
          return side.backend.session_storage().search_messages(context, search, page);
        },
        search.order == heddle::SearchOrder::best);
  }

 private:
  /// A text of a message, which queries ask for.
  std::string any_text(std::size_t words) {
    std::string text = random_.one_in(60) ? long_text() : random_.words(words);
    remember_text(text);
    return text;
  }

  /// A message with texts in several places, in either form.
  heddle::Message message_of_parts() {
    using namespace heddle;
    const auto json = [this] {
      std::string text = any_text(10);
      // Sometimes as JSON, with escapes.
      return random_.one_in(3) ? text : sql::json::encode(std::vector<std::string>{text, random_.words(3)});
    };
    Message message{.role = Role::assistant};
    if (random_.one_in(3)) {
      message.content = any_text(10);
      message.tool_calls = {{.id = "c", .name = "a tool", .input = json()}};
      message.tool_result = ToolResult{.success = true, .data = json()};
      message.content_blocks = {{ContentKind::text, any_text(5), {}}};
      return message;
    }
    for (auto count = 1 + random_.number(5); count-- > 0;) {
      switch (random_.number(4)) {
        case 0: message.parts.push_back(Part::of_text(any_text(10))); break;
        case 1: message.parts.push_back(Part::of_thinking(any_text(10), "signature")); break;
        case 2: message.parts.push_back(Part::of_tool_call({.id = "c", .name = "a tool", .input = json()})); break;
        default: message.parts.push_back(Part::of_tool_result("c", {.success = true, .data = json()}));
      }
    }
    return message;
  }

  /// Returns a text with more words than positions, more occurrences of a word, or more bytes than are searched.
  std::string long_text() {
    std::string text = random_.words(10);
    const std::size_t bytes = random_.one_in(3) ? 1'000'000 : random_.one_in(2) ? 150'000 : 3'000;
    const std::string filler = random_.one_in(2) ? "é " : "filling ";
    while (text.size() < bytes - 200) { text += filler; }
    // A part of it crosses the last byte that is searched.
    text += random_.words(20);
    return text + " " + random_.words(10);
  }
};

}  // namespace differential
