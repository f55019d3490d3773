// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/choices.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/gemini_parts.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/parts_of.hpp"

#include <algorithm>
#include <cstddef>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Contents, responses and requests of generateContent.
namespace heddle::formats::detail::gemini {

/// The names of the functions by the ids of their calls: a result needs the name, which its part does not have.
using CallNames = std::map<std::string, std::string, std::less<>>;

inline constexpr std::string_view system_note = "system";

/// Returns a content without its rest.
[[nodiscard]] inline Json make_content(const Message& message, const Origin& origin, const CallNames& names,
                                       bool has_role) {
  Json made = Json::object();
  if (has_role) { made.set("role", message.role == Role::assistant ? "model" : "user"); }
  Json& list = made.set("parts", Json::array());
  const std::vector<Part> parts = parts_to_write(message);
  for (std::size_t index = 0; index < parts.size(); ++index) {
    const auto name = origin.was_read ? names.end() : names.find(parts[index].call_id);
    auto part = write_part(parts[index], origin.is_foreign, name == names.end() ? "" : name->second, index);
    if (part) { list.push(*std::move(part)); }
  }
  return made;
}

inline void take_content(Message& message, const Json& content, const Pointer& at) {
  require_object(content, at);
  const Json* const parts = content.find("parts");
  if (parts == nullptr) { return; }
  require_array(*parts, at.member("parts"));
  for (std::size_t index = 0; index < parts->items.size(); ++index) {
    message.parts.push_back(read_part(parts->items[index], at.member("parts").element(index)));
    if (message.parts.back().kind == PartKind::tool_result && message.role == Role::user) { message.role = Role::tool; }
  }
}

inline void finish_message(Message& message, Origin origin) {
  fill_in(message);
  set_origin(message, gemini_name, std::move(origin));
}

[[nodiscard]] inline Message read_message(const Json& json, const Pointer& at) {
  require_object(json, at);
  Message message;
  if (json.find("role") != nullptr) {
    const std::string& role = text_of(json, "role", at);
    if (role == "model") {
      message.role = Role::assistant;
    } else if (role == "function") {
      message.role = Role::tool;
    } else if (role == "system") {
      message.role = Role::system;
    } else if (role != "user") {
      refuse(at.member("role"), "is not user, model, function or system");
    }
  }
  take_content(message, json, at);
  Origin origin;
  origin.was_read = true;
  keep_rest(origin.message, json, make_content(message, origin, {}, true));
  finish_message(message, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_message(const Message& message, const CallNames& names) {
  const Origin origin = origin_of(message, gemini_name);
  Json made = make_content(message, origin, names, true);
  put_back(made, origin.message);
  return made;
}

[[nodiscard]] inline Json write_messages(std::span<const Message> messages) {
  Json list = Json::array();
  CallNames names;
  const Message* before = nullptr;
  for (const Message& message : messages) {
    for (const Part& part : parts_of(message)) {
      if (part.kind == PartKind::tool_call) { names[part.call.id] = part.call.name; }
    }
    Json made = write_message(message, names);
    // The API wants the results of all calls of a content in the next one.
    if (continues_results(message, before, gemini_name)) {
      for (Json& part : made.find("parts")->items) { list.items.back().find("parts")->push(std::move(part)); }
    } else {
      list.push(std::move(made));
    }
    before = &message;
  }
  return list;
}

/// Returns a candidate without its rest.
[[nodiscard]] inline Json make_candidate(const Message& message) {
  Json made = Json::object();
  made.set("content", write_message(message, {}));
  made.set_text("finishReason", message.stop_reason);
  return made;
}

/// Returns a response without its candidates and its rest.
[[nodiscard]] inline Json make_response(const Message& message) {
  Json made = Json::object();
  const Usage& usage = message.usage;
  if (!(usage == Usage{})) {
    Json& tokens = made.set("usageMetadata", Json::object());
    tokens.set("promptTokenCount", Json::integer(usage.input_tokens));
    tokens.set("candidatesTokenCount", Json::integer(usage.output_tokens));
    set_tokens(tokens, "cachedContentTokenCount", usage.cached_read_tokens);
    set_tokens(tokens, "thoughtsTokenCount", usage.reasoning_tokens);
    tokens.set("totalTokenCount", Json::integer(usage.input_tokens + usage.output_tokens + usage.reasoning_tokens));
  }
  made.set_text("modelVersion", message.model);
  made.set_text("responseId", message.provider_id);
  return made;
}

[[nodiscard]] inline Message read_candidate(const Json& candidate, const Pointer& at) {
  require_object(candidate, at);
  static const Json no_content = Json::of_kind(Json::Kind::object);
  const Json* const content = candidate.find("content");
  Message message = read_message(content == nullptr ? no_content : *content, at.member("content"));
  message.role = Role::assistant;
  message.stop_reason = text_if(candidate, "finishReason", limits::name);
  return message;
}

[[nodiscard]] inline Message read_response(Json json, std::size_t choice) {
  const Pointer at;
  require_object(json, at);
  Message message;
  message.role = Role::assistant;
  Json candidates = Json::array();
  Json chosen_rest = Json::object();
  Origin origin;
  if (const Json* const list = json.find("candidates"); list != nullptr && !list->items.empty()) {
    require_array(*list, at.member("candidates"));
    if (choice >= list->items.size()) { refuse(at.member("candidates").element(choice), "is missing"); }
    candidates = json.take("candidates");
    const Json chosen = std::move(candidates.items[choice]);
    candidates.items.erase(candidates.items.begin() + static_cast<std::ptrdiff_t>(choice));
    message = read_candidate(chosen, at.member("candidates").element(choice));
    origin = origin_of(message, gemini_name);
    keep_rest(chosen_rest, chosen, make_candidate(message));
  } else {
    // A prompt that was refused has no candidates: `promptFeedback` says why.
    add_note(origin.response, "none");
  }
  message.provider_id = text_if(json, "responseId", limits::provider_id);
  message.model = text_if(json, "modelVersion", limits::id);
  const Json& usage = object_if(json, "usageMetadata");
  message.usage = {.input_tokens = tokens_if(usage, "promptTokenCount"),
                   .output_tokens = tokens_if(usage, "candidatesTokenCount"),
                   .cached_read_tokens = tokens_if(usage, "cachedContentTokenCount"),
                   .reasoning_tokens = tokens_if(usage, "thoughtsTokenCount")};
  Json body_rest = Json::object();
  keep_rest(body_rest, json, make_response(message));
  set_response_rest(origin.response, std::move(chosen_rest), std::move(body_rest), std::move(candidates), choice);
  set_origin(message, gemini_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_response(const Message& message) {
  const Origin origin = origin_of(message, gemini_name);
  Json made = make_response(message);
  put_back(made, object_if(origin.response, "body"));
  if (has_note(origin.response, "none") && message.parts.empty()) { return made; }
  Json chosen = make_candidate(message);
  put_back(chosen, object_if(origin.response, "choice"));
  made.set("candidates", with_others(origin.response, std::move(chosen)));
  return made;
}

[[nodiscard]] inline Request read_request(Json json) {
  const Pointer at;
  require_object(json, at);
  Request request;
  for (const std::string_view name : {"systemInstruction", "system_instruction"}) {
    const Json* const system = json.find(name);
    if (system == nullptr || !system->is_object() || !request.messages.empty()) { continue; }
    Message message;
    message.role = Role::system;
    take_content(message, *system, at.member(name));
    Origin origin;
    origin.was_read = true;
    origin.message.set(note_name(system_note), name);
    keep_rest(origin.message, *system, make_content(message, origin, {}, false));
    finish_message(message, std::move(origin));
    request.messages.push_back(std::move(message));
    json.take(name);
  }
  read_list(request.messages, member(json, "contents", at), at.member("contents"), read_message);
  json.take("contents");
  request.rest.text = print(json);
  return request;
}

[[nodiscard]] inline Json write_request(const Request& request) {
  Json made = request_rest(request);
  Json system;
  std::string name = "systemInstruction";
  std::size_t count = 0;
  for (; count < request.messages.size() && request.messages[count].role == Role::system; ++count) {
    const Origin origin = origin_of(request.messages[count], gemini_name);
    const std::string_view note = text_note(origin.message, system_note);
    // One that was read from the list of contents goes back there.
    if (origin.was_read && note.empty()) { break; }
    if (!note.empty()) { name = note; }
    Json content = make_content(request.messages[count], origin, {}, false);
    put_back(content, origin.message);
    if (system.is_object()) {
      // The rest of a content can say that it had no parts.
      Json& parts = list_in(system, "parts");
      for (Json& part : list_in(content, "parts").items) { parts.push(std::move(part)); }
    } else {
      system = std::move(content);
    }
  }
  if (system.is_object()) { made.set(name, std::move(system)); }
  made.set("contents", write_messages(std::span(request.messages).subspan(count)));
  return made;
}

}  // namespace heddle::formats::detail::gemini
