// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::formats::detail::openai_responses {

/// A text that streams: `response.NAME.delta` continues it, `response.NAME.done` has it whole.
struct StreamedText {
  std::string_view event;
  std::string_view list;   ///< of an item: in which its parts are; empty: the text is the item's own
  std::string_view index;  ///< of an event: which part
  std::string_view type;   ///< of the part, if no event has begun it
  std::string_view text;   ///< of the part or item
};

inline constexpr std::array<StreamedText, 8> streamed_texts{{
    {"response.output_text.", "content", "content_index", "output_text", "text"},
    {"response.refusal.", "content", "content_index", "refusal", "refusal"},
    {"response.reasoning_text.", "content", "content_index", "reasoning_text", "text"},
    {"response.reasoning_summary_text.", "summary", "summary_index", "summary_text", "text"},
    {"response.function_call_arguments.", "", "", "", "arguments"},
    {"response.custom_tool_call_input.", "", "", "", "input"},
    {"response.mcp_call_arguments.", "", "", "", "arguments"},
    {"response.code_interpreter_call_code.", "", "", "", "code"},
}};

/// Puts the events of a stream of the Responses API together.
class Assembly {
 public:
  void add(const Json& event) {
    const Pointer at;
    require_object(event, at);
    const std::string& type = text_of(event, "type", at);
    if (const Json* const response = event.find("response"); response != nullptr && response->is_object()) {
      set_response(type, *response);
    } else if (type == "response.output_item.added" || type == "response.output_item.done") {
      put(output(), event, "output_index", object_of(event, "item", at), at);
    } else if (type == "response.content_part.added" || type == "response.content_part.done") {
      put(list_in(item_of(event, at), "content"), event, "content_index", object_of(event, "part", at), at);
    } else if (type == "response.reasoning_summary_part.added" || type == "response.reasoning_summary_part.done") {
      put(list_in(item_of(event, at), "summary"), event, "summary_index", object_of(event, "part", at), at);
    } else if (type == "response.output_text.annotation.added") {
      Json& parts = list_in(item_of(event, at), "content");
      Json& part = element(parts, event, "content_index", "output_text", at);
      put(list_in(part, "annotations"), event, "annotation_index", member(event, "annotation", at), at);
    } else if (type == "error") {
      error_ = event;
    } else {
      add_text(type, event, at);
    }
  }
  void finish() { is_complete_ = true; }

  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  [[nodiscard]] const Json& error() const noexcept { return error_; }

  /// Returns the response of the events so far.
  [[nodiscard]] Json response() const {
    Json made = response_;
    list_in(made, "output");
    return made;
  }

 private:
  Json& output() { return list_in(response_, "output"); }

  /// Takes the response that an event has as a whole: at the begin without output, at the end complete.
  void set_response(std::string_view type, const Json& response) {
    Json items = std::move(output());
    response_ = response;
    if (output().items.empty()) { output() = std::move(items); }
    is_complete_ = type == "response.completed" || type == "response.incomplete" || type == "response.failed";
    if (const Json* const error = response.find("error"); error != nullptr && !error->is_null()) { error_ = *error; }
  }

  /// Returns an element that an event names; makes the next one.
  static Json& element(Json& list, const Json& event, std::string_view name, std::string_view type, const Pointer& at) {
    const std::size_t index = index_of(event, name, list.items.size(), at);
    if (index < list.items.size()) {
      require_object(list.items[index], at.member(name));
      return list.items[index];
    }
    Json& made = list.push(Json::object());
    made.set("type", type);
    made.set(type == "refusal" ? "refusal" : "text", std::string_view());
    return made;
  }
  static void put(Json& list, const Json& event, std::string_view name, const Json& value, const Pointer& at) {
    const std::size_t index = index_of(event, name, list.items.size(), at);
    (index < list.items.size() ? list.items[index] : list.push({})) = value;
  }

  Json& item_of(const Json& event, const Pointer& at) {
    Json& items = output();
    const std::size_t index = index_of(event, "output_index", items.items.size(), at);
    if (index == items.items.size()) { refuse(at.member("output_index"), "is that of no item that has been added"); }
    require_object(items.items[index], at.member("output_index"));
    return items.items[index];
  }

  void add_text(std::string_view type, const Json& event, const Pointer& at) {
    for (const StreamedText& streamed : streamed_texts) {
      if (!type.starts_with(streamed.event)) { continue; }
      const std::string_view what = type.substr(streamed.event.size());
      if (what != "delta" && what != "done") { return; }
      Json& item = item_of(event, at);
      Json& owner = streamed.list.empty()
                        ? item
                        : element(list_in(item, streamed.list), event, streamed.index, streamed.type, at);
      if (what == "delta") {
        append_text(owner, streamed.text, text_of(event, "delta", at));
      } else if (const Json* const text = event.find(streamed.text)) {
        owner.set(streamed.text, *text);
      }
      return;
    }
    // All else tells how far a tool of the provider is, which the item says when it is done.
  }

  Json response_ = Json::object();
  Json error_{};
  bool is_complete_ = false;
};

}  // namespace heddle::formats::detail::openai_responses
