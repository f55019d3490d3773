// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/parse_json.hpp"
#include "heddle/formats/detail/rest.hpp"
#include "heddle/model/blocks_of_parts.hpp"
#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/parts_of.hpp"
#include "heddle/validation/field_path.hpp"
#include "heddle/validation/json_check.hpp"

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::formats::detail {

/// The names of the formats in the metadata of a message. Programs have names of their own beside them.
inline constexpr std::string_view openai_chat_name = "$openai_chat";
inline constexpr std::string_view openai_responses_name = "$openai_responses";
inline constexpr std::string_view anthropic_name = "$anthropic";
inline constexpr std::string_view gemini_name = "$gemini";

/// The rests of a message and of its response, which its metadata has under the name of the format.
struct Origin {
  Json message = Json::object();
  Json response = Json::object();
  bool was_read = false;    ///< the message was read from the format
  bool is_foreign = false;  ///< the message was read from another format: what its parts have in `extra` is of no use
};

/// Throws `invalid_argument` for a rest, which a program may have set, that is no JSON object.
inline void require_rest(const Json& rest, const validation::FieldPath& at) {
  if (!rest.is_object()) { validation::refuse(at, "is not a JSON object"); }
}

/// Returns the rests of a message for a format. Throws `invalid_argument` if its metadata, or a rest in it, is no JSON
/// object.
[[nodiscard]] inline Origin origin_of(const Message& message, std::string_view format) {
  Origin origin;
  if (message.metadata.text == "{}") { return origin; }
  const std::optional<Json> metadata = parse_object(message.metadata.text, kept_rules);
  if (!metadata) { validation::refuse("message.metadata", "is not a JSON object"); }
  if (const Json* const own = metadata->find(format)) {
    const auto take = [format, own](Json& rest, std::string_view name) {
      const Json* const found = own->find(name);
      if (found == nullptr) { return; }
      require_rest(*found, validation::FieldPath("message").member("metadata").member(format).member(name));
      rest = *found;
    };
    require_rest(*own, validation::FieldPath("message").member("metadata").member(format));
    origin.was_read = true;
    take(origin.message, "message");
    take(origin.response, "response");
    return origin;
  }
  for (const auto name : {openai_chat_name, openai_responses_name, anthropic_name, gemini_name}) {
    origin.is_foreign = origin.is_foreign || metadata->find(name) != nullptr;
  }
  return origin;
}

/// Returns the parts of a message as a writer takes them. Of the result of a tool without parts, its content is what
/// the model gets.
[[nodiscard]] inline std::vector<Part> parts_to_write(const Message& message) {
  const bool is_result = message.tool_result || !message.tool_use_id.empty();
  if (!message.parts.empty() || message.content.empty() || message.role != Role::tool || !is_result) {
    return parts_of(message);
  }
  ToolResult result;
  result.success = !message.tool_result || message.tool_result->success;
  result.data.text = message.content;
  return {Part::of_tool_result(message.tool_use_id, std::move(result))};
}

/// Returns whether a message has the results of tools and continues those of the one before it, where an API wants them
/// in one message. What was read from the format stays as it was.
[[nodiscard]] inline bool continues_results(const Message& message, const Message* before, std::string_view format) {
  const auto has_results = [format](const Message& each) {
    if (each.role != Role::tool || origin_of(each, format).was_read) { return false; }
    const std::vector<Part> parts = parts_to_write(each);
    return std::any_of(parts.begin(), parts.end(), [](const Part& part) { return part.kind == PartKind::tool_result; });
  };
  return before != nullptr && has_results(*before) && has_results(message);
}

/// Sets the metadata of a message that was read: where it is from, and its rests.
inline void set_origin(Message& message, std::string_view format, Origin origin) {
  Json rests = Json::object();
  if (!origin.message.items.empty()) { rests.set("message", std::move(origin.message)); }
  if (!origin.response.items.empty()) { rests.set("response", std::move(origin.response)); }
  Json metadata = Json::object();
  metadata.set(format, std::move(rests));
  message.metadata.text = print(metadata);
}

/// Returns the rest of a part; of one from another format nothing. Throws `invalid_argument` if it is no JSON object.
[[nodiscard]] inline Json rest_of(const Part& part, bool is_foreign, std::size_t index) {
  if (is_foreign || part.extra.text == "{}") { return Json::object(); }
  std::optional<Json> rest = parse_object(part.extra.text, kept_rules);
  if (!rest) {
    validation::refuse(validation::FieldPath("message").member("parts").element(index).member("extra"),
                       "is not a JSON object");
  }
  return *std::move(rest);
}

/// Throws `invalid_argument` for a part that a format has no form for.
[[noreturn]] inline void refuse_part(std::size_t index, std::string_view format) {
  validation::refuse(validation::FieldPath("message").member("parts").element(index),
                     std::string("is of a kind that has no form in ").append(format));
}

/// Fills in the members that the parts of a message replace, and marks what is not JSON, as a read of a backend does;
/// see SessionStorage.
inline void fill_in(Message& message) {
  bool has_text = false;
  bool has_result = false;
  for (Part& part : message.parts) {
    part.call.input.is_json = validation::is_json(part.call.input.text);
    if (part.result) { part.result->data.is_json = validation::is_json(part.result->data.text); }
    if (part.kind == PartKind::text) {
      if (std::exchange(has_text, true)) { message.content += '\n'; }
      message.content += part.text;
    } else if (part.kind == PartKind::tool_call) {
      message.tool_calls.push_back(part.call);
    } else if (part.kind == PartKind::tool_result && !std::exchange(has_result, true)) {
      message.tool_use_id = part.call_id;
      message.tool_result = part.result;
    }
  }
  add_blocks_of_parts(message);
}

/// Returns what a tool returned as the text that a model gets: its data, or the message of its error.
[[nodiscard]] inline std::string text_of_result(const std::optional<ToolResult>& result) {
  if (!result) { return {}; }
  return result->error && result->data.text == "null" ? result->error->message : result->data.text;
}

/// Returns whether a part is a document that is given by its text. APIs that have no such documents get the text.
[[nodiscard]] inline bool is_plain_document(const Part& part) {
  return part.kind == PartKind::document && !part.text.empty() && part.data.empty();
}

/// Returns whether a part is what a text alone is in a list: `type` and `text`. A string says the same.
[[nodiscard]] inline bool is_plain_text(const Json& part) {
  const Json* const type = part.find("type");
  return part.items.size() == 2 && type != nullptr && type->text == "text" && part.find("text") != nullptr;
}

/// The parts of a data URL (RFC 2397) in base64; nothing if the text is none.
struct DataUrl {
  std::string_view media_type{};
  std::string_view data{};
};
[[nodiscard]] inline std::optional<DataUrl> data_url(std::string_view text) {
  constexpr std::string_view start = "data:";
  constexpr std::string_view marker = ";base64,";
  const std::size_t at = text.starts_with(start) ? text.find(',') : std::string_view::npos;
  if (at == std::string_view::npos || at + 1 < start.size() + marker.size()) { return std::nullopt; }
  const std::size_t end = at + 1 - marker.size();
  if (text.substr(end, marker.size()) != marker || at + 1 == text.size()) { return std::nullopt; }
  if (end - start.size() > limits::name) { return std::nullopt; }
  return DataUrl{text.substr(start.size(), end - start.size()), text.substr(at + 1)};
}

/// Sets the data of a part from a data URL, or its URL. `make_url` is the reverse.
inline void take_url(Part& part, const std::string& url) {
  if (const auto inlined = data_url(url)) {
    part.media_type = inlined->media_type;
    part.data = inlined->data;
  } else {
    part.url = url;
  }
}
[[nodiscard]] inline std::string make_url(const Part& part) {
  return part.data.empty() ? part.url : "data:" + part.media_type + ";base64," + part.data;
}

/// Returns the arguments of a call as an object, for formats that have no other. Text that is none, such as arguments
/// that were cut off, becomes an object with that text, as the documentation of Anthropic's fine-grained tool streaming
/// asks for; `take_arguments` reads it back.
inline constexpr std::string_view invalid_arguments = "INVALID_JSON";
[[nodiscard]] inline Json make_arguments(const JsonValue& input) {
  if (input.text.empty()) { return Json::object(); }
  if (auto arguments = parse_object(input.text)) { return *std::move(arguments); }
  Json wrapped = Json::object();
  wrapped.set(invalid_arguments, input.text);
  return wrapped;
}
[[nodiscard]] inline JsonValue take_arguments(const Json& arguments) {
  const Json* const wrapped = arguments.items.size() == 1 ? arguments.find(invalid_arguments) : nullptr;
  if (wrapped != nullptr && wrapped->is_string() && !wrapped->text.empty() && !parse_object(wrapped->text)) {
    return {wrapped->text};
  }
  return {print(arguments)};
}

/// Sets the part that a format does not know.
inline void take_other(Part& part, const std::string& provider_kind, const Json& json) {
  part.kind = PartKind::other;
  if (provider_kind.size() <= limits::name) { part.provider_kind = provider_kind; }
  part.json.text = print(json);
}

/// Returns a part that a format does not know as it was read; nothing if it is from another format, or is no object.
[[nodiscard]] inline std::optional<Json> make_other(const Part& part, bool is_foreign) {
  return is_foreign ? std::nullopt : parse_object(part.json.text, kept_rules);
}

}  // namespace heddle::formats::detail
