// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/call_ids.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/openai_responses_items.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/parts_of.hpp"
#include "heddle/validation/field_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Messages, responses and requests of the Responses API.
namespace heddle::formats::detail::openai_responses {

inline constexpr std::string_view api = "the Responses API";

/// Appends the items of messages to a list.
class ItemWriter {
 public:
  explicit ItemWriter(Json& list) : list_(list) {}

  void write(const Message& message) {
    is_foreign_ = origin_of(message, openai_responses_name).is_foreign;
    role_ = message.role;
    const std::vector<Part> parts = parts_to_write(message);
    for (std::size_t index = 0; index < parts.size(); ++index) { add(parts[index], index); }
    finish();
  }

 private:
  enum class Open { nothing, message, reasoning };

  void add(const Part& part, std::size_t index) {
    Json rest = rest_of(part, is_foreign_, index);
    const Json item_rest = take_item_rest(rest, index);
    const std::string_view in = text_note(rest, in_note);
    if (part.kind == PartKind::thinking) {
      if (!is_foreign_) { add_thinking(part, rest, item_rest, in); }
    } else if (part.kind == PartKind::tool_call) {
      push(make_call_item(part, rest), rest);
    } else if (part.kind == PartKind::tool_result) {
      push(make_result_item(part, rest), rest);
    } else if (auto content = make_content(part, role_)) {
      put_back(*content, rest);
      add_content(*std::move(content), item_rest);
    } else {
      // A refusal has the same form in OpenAI's other format.
      const bool is_refusal = part.provider_kind == "refusal";
      auto json = make_other(part, is_foreign_ && !is_refusal);
      if (!json) { refuse_part(index, api); }
      if (in == "message" || (is_refusal && in != "item")) {
        add_content(*std::move(json), item_rest);
      } else {
        push(*std::move(json), Json::object());
      }
    }
  }

  /// Returns the rest of the item that a part is the first one of; null if it is not.
  [[nodiscard]] static Json take_item_rest(Json& rest, std::size_t index) {
    if (rest.find(item_note) == nullptr) { return {}; }
    Json item_rest = rest.take(item_note);
    require_rest(item_rest,
                 validation::FieldPath("message").member("parts").element(index).member("extra").member(item_note));
    return item_rest;
  }

  void add_thinking(const Part& part, const Json& rest, const Json& item_rest, std::string_view in) {
    if (open_ != Open::reasoning || item_rest.is_object() || !part.redacted.empty()) {
      finish();
      open_ = Open::reasoning;
      item_ = make_reasoning_item(part);
      item_rest_ = item_rest;
    }
    if (part.text.empty() && in.empty()) { return; }
    const bool is_content = in == "content";
    Json thought = make_thought(part, is_content ? "reasoning_text" : "summary_text");
    put_back(thought, rest);
    list_in(item_, is_content ? "content" : "summary").push(std::move(thought));
  }

  void add_content(Json content, const Json& item_rest) {
    if (open_ != Open::message || item_rest.is_object()) {
      finish();
      open_ = Open::message;
      item_ = make_message_item(role_);
      item_rest_ = item_rest;
    }
    list_in(item_, "content").push(std::move(content));
  }

  void push(Json item, const Json& rest) {
    finish();
    put_back(item, rest);
    list_.push(std::move(item));
  }

  void finish() {
    if (open_ == Open::nothing) { return; }
    if (open_ == Open::message && has_note(item_rest_, "string")) {
      Json& content = list_in(item_, "content");
      if (const Json* const text = content.items.size() == 1 ? content.items.front().find("text") : nullptr) {
        content = Json(*text);
      }
    }
    put_back(item_, item_rest_);
    list_.push(std::move(item_));
    open_ = Open::nothing;
  }

  Json& list_;
  Json item_{};
  Json item_rest_{};
  Open open_ = Open::nothing;
  Role role_ = Role::user;
  bool is_foreign_ = false;
};

/// Returns the message of all items of a list.
[[nodiscard]] inline Message read_items(const Json& list, Role role, const Pointer& at) {
  require_array(list, at);
  Message message;
  message.role = role;
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    read_item(message.parts, list.items[index], role, at.element(index));
  }
  return message;
}

inline void finish_message(Message& message, Origin origin) {
  fill_in(message);
  set_origin(message, openai_responses_name, std::move(origin));
}

[[nodiscard]] inline Message read_message(const Json& list) {
  require_array(list, {});
  const Role role = list.items.empty() ? Role::assistant : role_of(list.items.front(), Pointer().element(0));
  Message message = read_items(list, role, {});
  finish_message(message, {});
  return message;
}

[[nodiscard]] inline Json write_messages(std::span<const Message> all) {
  return with_named_calls(all, openai_responses_name, [](std::span<const Message> messages) {
    Json list = Json::array();
    ItemWriter writer(list);
    for (const Message& message : messages) { writer.write(message); }
    return list;
  });
}

/// Appends messages: what a model wrote in one go is one message, every other item is one of its own.
inline void read_list(std::vector<Message>& messages, const Json& list, const Pointer& at) {
  require_array(list, at);
  const std::size_t first = messages.size();
  for (std::size_t index = 0; index < list.items.size(); ++index) {
    const Json& item = list.items[index];
    const Role role = role_of(item, at.element(index));
    const bool continues = messages.size() > first && role == Role::assistant && messages.back().role == role;
    if (!continues) { messages.emplace_back().role = role; }
    read_item(messages.back().parts, item, role, at.element(index));
  }
  for (std::size_t index = first; index < messages.size(); ++index) { finish_message(messages[index], {}); }
}

inline constexpr std::array<std::string_view, 6> statuses{"completed", "failed", "in_progress",
                                                          "cancelled", "queued", "incomplete"};
[[nodiscard]] inline bool is_status(std::string_view text) {
  return std::find(statuses.begin(), statuses.end(), text) != statuses.end();
}

/// Returns a response without its output and its rest.
[[nodiscard]] inline Json make_response(const Message& message) {
  Json made = Json::object();
  made.set_text("id", message.provider_id);
  made.set("object", "response");
  made.set_text("model", message.model);
  if (is_status(message.stop_reason)) {
    made.set("status", message.stop_reason);
  } else if (!message.stop_reason.empty()) {
    made.set("status", "incomplete");
    made.set("incomplete_details", Json::object()).set("reason", message.stop_reason);
  }
  const Usage& usage = message.usage;
  if (usage == Usage{}) { return made; }
  Json& tokens = made.set("usage", Json::object());
  tokens.set("input_tokens", Json::integer(usage.input_tokens));
  tokens.set("output_tokens", Json::integer(usage.output_tokens));
  tokens.set("total_tokens", Json::integer(usage.input_tokens + usage.output_tokens));
  tokens.set("input_tokens_details", Json::object()).set("cached_tokens", Json::integer(usage.cached_read_tokens));
  tokens.set("output_tokens_details", Json::object()).set("reasoning_tokens", Json::integer(usage.reasoning_tokens));
  return made;
}

[[nodiscard]] inline Message read_response(Json json) {
  const Pointer at;
  require_object(json, at);
  Message message = read_items(member(json, "output", at), Role::assistant, at.member("output"));
  json.take("output");
  message.provider_id = text_if(json, "id", limits::provider_id);
  message.model = text_if(json, "model", limits::id);
  message.stop_reason = text_if(json, "status", limits::name);
  if (message.stop_reason == "incomplete") {
    const std::string reason = text_if(object_if(json, "incomplete_details"), "reason", limits::name);
    if (!reason.empty() && !is_status(reason)) { message.stop_reason = reason; }
  }
  const Json& usage = object_if(json, "usage");
  message.usage = {.input_tokens = tokens_if(usage, "input_tokens"),
                   .output_tokens = tokens_if(usage, "output_tokens"),
                   .cached_read_tokens = tokens_if(object_if(usage, "input_tokens_details"), "cached_tokens"),
                   .reasoning_tokens = tokens_if(object_if(usage, "output_tokens_details"), "reasoning_tokens")};
  Origin origin;
  keep_rest(origin.response, json, make_response(message));
  finish_message(message, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_response(const Message& message) {
  Json made = make_response(message);
  put_back(made, origin_of(message, openai_responses_name).response);
  made.set("output", write_messages({&message, 1}));
  return made;
}

[[nodiscard]] inline Message read_text(const std::string& text, Role role, std::string_view note) {
  Message message;
  message.role = role;
  message.parts.push_back(Part::of_text(text));
  Origin origin;
  add_note(origin.message, note);
  finish_message(message, std::move(origin));
  return message;
}

[[nodiscard]] inline Request read_request(Json json) {
  const Pointer at;
  require_object(json, at);
  Request request;
  if (const Json* const instructions = json.find("instructions");
      instructions != nullptr && instructions->is_string()) {
    request.messages.push_back(read_text(instructions->text, Role::system, "instructions"));
    json.take("instructions");
  }
  const Json& input = member(json, "input", at);
  if (input.is_string()) {
    request.messages.push_back(read_text(input.text, Role::user, "input"));
  } else {
    read_list(request.messages, input, at.member("input"));
  }
  json.take("input");
  request.rest.text = print(json);
  return request;
}

[[nodiscard]] inline Json write_request(const Request& request) {
  Json made = request_rest(request);
  std::span<const Message> messages = request.messages;
  const auto text_with = [](const Message& message, std::string_view note) -> std::optional<std::string> {
    const std::vector<Part> parts = parts_to_write(message);
    const bool is_text = parts.size() == 1 && parts.front().kind == PartKind::text;
    if (!is_text || !has_note(origin_of(message, openai_responses_name).message, note)) { return std::nullopt; }
    return parts.front().text;
  };
  if (const auto text = messages.empty() ? std::nullopt : text_with(messages.front(), "instructions")) {
    made.set("instructions", *text);
    messages = messages.subspan(1);
  }
  const auto input = messages.size() == 1 ? text_with(messages.front(), "input") : std::nullopt;
  made.set("input", input ? Json::string(*input) : write_messages(messages));
  return made;
}

}  // namespace heddle::formats::detail::openai_responses
