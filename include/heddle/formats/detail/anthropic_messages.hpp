// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/anthropic_blocks.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/parts_of.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

/// Messages, responses and requests of the Messages API.
namespace heddle::formats::detail::anthropic {

[[nodiscard]] inline Json make_blocks(const Message& message, bool is_foreign) {
  Json blocks = Json::array();
  const std::vector<Part> parts = parts_of(message);
  for (std::size_t index = 0; index < parts.size(); ++index) {
    if (auto block = write_block(parts[index], is_foreign, index)) { blocks.push(*std::move(block)); }
  }
  return blocks;
}

/// Returns a list of blocks as the content of a message: a string, if it is one text and was no list.
[[nodiscard]] inline Json make_content(Json blocks, const Json& rest) {
  const bool is_string = blocks.items.size() == 1 && is_plain_text(blocks.items.front()) && !has_note(rest, "list");
  return is_string ? Json(*blocks.items.front().find("text")) : std::move(blocks);
}

inline void take_content(Message& message, Json& rest, const Json& content, const Pointer& at) {
  if (content.is_string()) {
    message.parts.push_back(Part::of_text(content.text));
    return;
  }
  if (!content.is_array()) { refuse(at, "is neither a string nor an array"); }
  for (std::size_t index = 0; index < content.items.size(); ++index) {
    message.parts.push_back(read_block(content.items[index], at.element(index)));
    if (message.parts.back().kind == PartKind::tool_result && message.role == Role::user) { message.role = Role::tool; }
  }
  if (content.items.size() == 1 && is_plain_text(content.items.front())) { add_note(rest, "list"); }
}

[[nodiscard]] inline Json make_message(const Message& message, const Origin& origin) {
  Json made = Json::object();
  made.set("role", message.role == Role::assistant ? "assistant" : "user");
  made.set("content", make_content(make_blocks(message, origin.is_foreign), origin.message));
  return made;
}

[[nodiscard]] inline Message read_message(const Json& json, const Pointer& at) {
  require_object(json, at);
  const std::string& role = text_of(json, "role", at);
  Message message;
  if (role == "assistant") {
    message.role = Role::assistant;
  } else if (role == "system") {
    message.role = Role::system;
  } else if (role != "user") {
    refuse(at.member("role"), "is not user, assistant or system");
  }
  Origin origin;
  take_content(message, origin.message, member(json, "content", at), at.member("content"));
  keep_rest(origin.message, json, make_message(message, origin));
  fill_in(message);
  set_origin(message, anthropic_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_message(const Message& message) {
  const Origin origin = origin_of(message, anthropic_name);
  Json made = make_message(message, origin);
  put_back(made, origin.message);
  return made;
}

inline void append_message(Json& list, const Message& message) { list.push(write_message(message)); }

[[nodiscard]] inline Json make_response(const Message& message, bool is_foreign) {
  Json made = Json::object();
  made.set_text("id", message.provider_id);
  made.set("type", "message");
  made.set("role", "assistant");
  made.set_text("model", message.model);
  made.set("content", make_blocks(message, is_foreign));
  made.set("stop_reason", message.stop_reason.empty() ? Json() : Json::string(message.stop_reason));
  made.set("stop_sequence", Json());
  Json& usage = made.set("usage", Json::object());
  usage.set("input_tokens", Json::integer(message.usage.input_tokens));
  usage.set("output_tokens", Json::integer(message.usage.output_tokens));
  set_tokens(usage, "cache_read_input_tokens", message.usage.cached_read_tokens);
  set_tokens(usage, "cache_creation_input_tokens", message.usage.cached_write_tokens);
  return made;
}

[[nodiscard]] inline Message read_response(const Json& json) {
  const Pointer at;
  require_object(json, at);
  Message message;
  message.role = Role::assistant;
  Json list_note = Json::object();
  const Json& content = member(json, "content", at);
  require_array(content, at.member("content"));
  take_content(message, list_note, content, at.member("content"));
  message.provider_id = text_if(json, "id", limits::provider_id);
  message.model = text_if(json, "model", limits::id);
  message.stop_reason = text_if(json, "stop_reason", limits::name);
  const Json& usage = object_if(json, "usage");
  message.usage = {.input_tokens = tokens_if(usage, "input_tokens"),
                   .output_tokens = tokens_if(usage, "output_tokens"),
                   .cached_read_tokens = tokens_if(usage, "cache_read_input_tokens"),
                   .cached_write_tokens = tokens_if(usage, "cache_creation_input_tokens")};
  Origin origin;
  keep_rest(origin.response, json, make_response(message, false));
  fill_in(message);
  set_origin(message, anthropic_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_response(const Message& message) {
  const Origin origin = origin_of(message, anthropic_name);
  Json made = make_response(message, origin.is_foreign);
  put_back(made, origin.response);
  return made;
}

[[nodiscard]] inline Request read_request(Json json) {
  const Pointer at;
  require_object(json, at);
  Request request;
  const Json* const system = json.find("system");
  if (system != nullptr && !system->is_null()) {
    Message message;
    message.role = Role::system;
    Origin origin;
    add_note(origin.message, "system");
    take_content(message, origin.message, *system, at.member("system"));
    fill_in(message);
    set_origin(message, anthropic_name, std::move(origin));
    request.messages.push_back(std::move(message));
    json.take("system");
  }
  read_list(request.messages, member(json, "messages", at), at.member("messages"), read_message);
  json.take("messages");
  request.rest.text = print(json);
  return request;
}

[[nodiscard]] inline Json write_request(const Request& request) {
  Json made = request_rest(request);
  Json blocks = Json::array();
  Json note = Json::object();
  std::size_t index = 0;
  for (; index < request.messages.size() && request.messages[index].role == Role::system; ++index) {
    const Message& message = request.messages[index];
    const Origin origin = origin_of(message, anthropic_name);
    // One that was read from the list of messages goes back there.
    if (origin.was_read && !has_note(origin.message, "system")) { break; }
    for (Json& block : make_blocks(message, origin.is_foreign).items) { blocks.push(std::move(block)); }
    if (has_note(origin.message, "list")) { add_note(note, "list"); }
  }
  if (index > 0) { made.set("system", make_content(std::move(blocks), note)); }
  Json& list = made.set("messages", Json::array());
  for (; index < request.messages.size(); ++index) { append_message(list, request.messages[index]); }
  return made;
}

}  // namespace heddle::formats::detail::anthropic
