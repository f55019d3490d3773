// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/choices.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/openai_chat_messages.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/message.hpp"

#include <cstddef>
#include <string>
#include <utility>

/// Responses and requests of Chat Completions.
namespace heddle::formats::detail::openai_chat {

/// Returns one element of `choices` without its rest.
[[nodiscard]] inline Json make_choice(const Message& message, std::size_t index) {
  Json made = Json::object();
  made.set("index", Json::integer(static_cast<std::int64_t>(index)));
  made.set("message", write_message(message));
  made.set("finish_reason", message.stop_reason.empty() ? Json() : Json::string(message.stop_reason));
  return made;
}

/// Returns a response without its choices and its rest.
[[nodiscard]] inline Json make_response(const Message& message) {
  Json made = Json::object();
  made.set_text("id", message.provider_id);
  made.set("object", "chat.completion");
  made.set_text("model", message.model);
  const Usage& usage = message.usage;
  if (usage == Usage{}) { return made; }
  Json& tokens = made.set("usage", Json::object());
  tokens.set("prompt_tokens", Json::integer(usage.input_tokens));
  tokens.set("completion_tokens", Json::integer(usage.output_tokens));
  tokens.set("total_tokens", Json::integer(usage.input_tokens + usage.output_tokens));
  if (usage.cached_read_tokens != 0) {
    set_tokens(tokens.set("prompt_tokens_details", Json::object()), "cached_tokens", usage.cached_read_tokens);
  }
  if (usage.reasoning_tokens != 0) {
    set_tokens(tokens.set("completion_tokens_details", Json::object()), "reasoning_tokens", usage.reasoning_tokens);
  }
  return made;
}

[[nodiscard]] inline Message read_response(Json json, std::size_t choice) {
  const Pointer at;
  require_object(json, at);
  const Pointer in = at.member("choices");
  require_array(member(json, "choices", at), in);
  Json choices = json.take("choices");
  if (choice >= choices.items.size()) { refuse(in.element(choice), "is missing"); }
  Json chosen = std::move(choices.items[choice]);
  choices.items.erase(choices.items.begin() + static_cast<std::ptrdiff_t>(choice));
  require_object(chosen, in.element(choice));
  Message message =
      read_message(object_of(chosen, "message", in.element(choice)), in.element(choice).member("message"));
  message.stop_reason = text_if(chosen, "finish_reason", limits::name);
  message.provider_id = text_if(json, "id", limits::provider_id);
  message.model = text_if(json, "model", limits::id);
  const Json& usage = object_if(json, "usage");
  message.usage = {.input_tokens = tokens_if(usage, "prompt_tokens"),
                   .output_tokens = tokens_if(usage, "completion_tokens"),
                   .cached_read_tokens = tokens_if(object_if(usage, "prompt_tokens_details"), "cached_tokens"),
                   .reasoning_tokens = tokens_if(object_if(usage, "completion_tokens_details"), "reasoning_tokens")};
  Origin origin = origin_of(message, openai_chat_name);
  Json chosen_rest = Json::object();
  keep_rest(chosen_rest, chosen, make_choice(message, choice));
  Json body_rest = Json::object();
  keep_rest(body_rest, json, make_response(message));
  set_response_rest(origin.response, std::move(chosen_rest), std::move(body_rest), std::move(choices), choice);
  set_origin(message, openai_chat_name, std::move(origin));
  return message;
}

[[nodiscard]] inline Json write_response(const Message& message) {
  const Origin origin = origin_of(message, openai_chat_name);
  Json chosen = make_choice(message, place_of_choice(origin.response));
  put_back(chosen, object_if(origin.response, "choice"));
  Json made = make_response(message);
  put_back(made, object_if(origin.response, "body"));
  made.set("choices", with_others(origin.response, std::move(chosen)));
  return made;
}

[[nodiscard]] inline Request read_request(Json json) {
  const Pointer at;
  require_object(json, at);
  Request request;
  read_list(request.messages, member(json, "messages", at), at.member("messages"), read_message);
  json.take("messages");
  request.rest.text = print(json);
  return request;
}

[[nodiscard]] inline Json write_request(const Request& request) {
  Json made = request_rest(request);
  made.set("messages", write_list(request.messages, openai_chat_name, append_message));
  return made;
}

}  // namespace heddle::formats::detail::openai_chat
