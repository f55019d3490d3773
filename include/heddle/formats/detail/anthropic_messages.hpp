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
#include <span>
#include <string>
#include <utility>
#include <vector>

/// Messages, responses and requests of the Messages API.
namespace heddle::formats::detail::anthropic {

[[nodiscard]] inline Json make_blocks(const Message& message, const Origin& origin) {
  Json blocks = Json::array();
  Json others = Json::array();
  const std::vector<Part> parts = parts_to_write(message);
  for (std::size_t index = 0; index < parts.size(); ++index) {
    auto block = write_block(parts[index], origin.is_foreign, index);
    if (!block) { continue; }
    // The API asks for results in front of all else. What was read stays as it was.
    const bool in_front = origin.was_read || message.role != Role::tool || parts[index].kind == PartKind::tool_result;
    (in_front ? blocks : others).push(*std::move(block));
  }
  for (Json& other : others.items) { blocks.push(std::move(other)); }
  return blocks;
}

/// Returns a list of blocks as the content of a message: a string, if it is one text and was no list.
[[nodiscard]] inline Json make_content(Json blocks, const Json& rest) {
  const bool is_string = blocks.items.size() == 1 && is_plain_text(blocks.items.front()) && !has_note(rest, "list");
  if (is_string) { return *blocks.items.front().find("text"); }
  return blocks;
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
  made.set("content", make_content(make_blocks(message, origin), origin.message));
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
  origin.was_read = true;
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

/// Appends a message to a list. The API wants the results of all calls of a message in the next one.
inline void append_message(Json& list, const Message& message, const Message* before) {
  Json made = write_message(message);
  if (continues_results(message, before, anthropic_name)) {
    for (Json& block : made.find("content")->items) { list.items.back().find("content")->push(std::move(block)); }
  } else {
    list.push(std::move(made));
  }
}

[[nodiscard]] inline Json make_response(const Message& message, const Origin& origin) {
  Json made = Json::object();
  made.set_text("id", message.provider_id);
  made.set("type", "message");
  made.set("role", "assistant");
  made.set_text("model", message.model);
  made.set("content", make_blocks(message, origin));
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
  origin.was_read = true;
  keep_rest(origin.response, json, make_response(message, origin));
  fill_in(message);
  set_origin(message, anthropic_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_response(const Message& message) {
  const Origin origin = origin_of(message, anthropic_name);
  Json made = make_response(message, origin);
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
    for (Json& block : make_blocks(message, origin).items) { blocks.push(std::move(block)); }
    if (has_note(origin.message, "list")) { add_note(note, "list"); }
  }
  if (index > 0) { made.set("system", make_content(std::move(blocks), note)); }
  made.set("messages", write_list(std::span(request.messages).subspan(index), anthropic_name, append_message));
  return made;
}

}  // namespace heddle::formats::detail::anthropic
