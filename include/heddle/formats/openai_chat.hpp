#pragma once

/// @file
/// The JSON of OpenAI's Chat Completions API (its reference of 2025), read into records and written from them.
/// Optional: no other header includes it.

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/openai_chat_responses.hpp"
#include "heddle/formats/detail/openai_chat_stream.hpp"
#include "heddle/formats/detail/parse_json.hpp"
#include "heddle/formats/repair_json.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/model/message.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// OpenAI's Chat Completions API.
///
/// All formats have these functions and this class. What was read and is written again is the same document but for the
/// order of members and white space. A message is read into parts; numbers keep their text. Fields that have no member
/// in the records are kept: those of a part in `Part::extra`, those of a message in its metadata, as `$openai_chat`.
/// Names there that begin with `$` are Heddle's; add members of your own beside them. So metadata says which API a
/// message is from.
///
/// Readers throw `invalid_argument` with the JSON pointer (RFC 6901) of what is not as the API has it, for members that
/// are there twice, and for what no backend could store: text with NUL or half of a surrogate pair (`repair_json`
/// replaces these) and nesting of more than 504 levels. Kinds of parts that Heddle does not know are kept as
/// `PartKind::other`. Writers throw `invalid_argument` for a part that has no form in the API, such as a reference to
/// an artifact, and for what Heddle keeps in `extra` or in metadata if it is no JSON object there. A message from
/// another API is written as this one has it: without fields that only the other one knows, and without thinking, which
/// only its provider can read.
///
/// Of this API: the text of a tool message is `ToolResult::data`, whose `success` is true: the format does not say it.
/// A message with results beside other parts is written as several, and calls without an id get one, unless it was read
/// from this API. Arguments are a text, whatever is in it. A refusal is a part of another kind, `refusal`. `developer`
/// is the role system and stays `developer` when it is written. Thinking is read from servers that speak this format
/// and have it (`reasoning_content`, `reasoning`), and written only if it was read so. `Usage::input_tokens` are
/// `prompt_tokens`, which contain the cached ones. Annotations and log probabilities are in the metadata.
namespace heddle::formats::openai_chat {

/// Returns a message: an object with `role`.
[[nodiscard]] inline Message read_message(std::string_view json) {
  return detail::openai_chat::read_message(detail::parse_document(json), {});
}
/// Returns the JSON of a message. Throws `invalid_argument` if it would be several.
[[nodiscard]] inline std::string write_message(const Message& message) {
  return detail::print(detail::openai_chat::write_message(message));
}

/// Returns the messages of a conversation: the array `messages` of a request.
[[nodiscard]] inline std::vector<Message> read_messages(std::string_view json) {
  std::vector<Message> messages;
  detail::read_list(messages, detail::parse_document(json), {}, detail::openai_chat::read_message);
  return messages;
}
/// Returns the JSON of messages: an array. A message with results of tools beside other parts, as other APIs have, is
/// several.
[[nodiscard]] inline std::string write_messages(std::span<const Message> messages) {
  return detail::print(detail::write_list(messages, detail::openai_chat_name, detail::openai_chat::append_message));
}

/// Returns the conversation of the body of a request. All of it is in `messages`.
[[nodiscard]] inline Request read_request(std::string_view json) {
  return detail::openai_chat::read_request(detail::parse_document(json));
}
/// Returns the body of a request.
[[nodiscard]] inline std::string write_request(const Request& request) {
  return detail::print(detail::openai_chat::write_request(request));
}

/// Returns the message of a response, with its id, model, stop reason and usage: the choice at a place, the first one
/// by default. Its metadata keeps the others.
[[nodiscard]] inline Message read_response(std::string_view json, std::size_t place = 0) {
  return detail::openai_chat::read_response(detail::parse_document(json), place);
}
/// Returns the JSON of the response that a message is from, or would be from.
[[nodiscard]] inline std::string write_response(const Message& message) {
  return detail::print(detail::openai_chat::write_response(message));
}

/// Puts the chunks of a streamed response together. One thread at a time may use it.
class StreamAssembler {
 public:
  /// Adds the data of one event (after `data:`) in the order of the stream. Throws `invalid_argument` with a JSON
  /// pointer into it for an event that does not fit, and for more than 1000 choices, or calls of a choice,
  /// or members of an object that other events add to, which no provider has.
  void add(std::string_view data) {
    data == detail::done_event ? assembly_.finish() : assembly_.add(detail::parse_document(data));
  }
  /// Returns whether the provider has said that the response is whole: of a stream with usage, that comes last.
  [[nodiscard]] bool is_complete() const { return assembly_.is_complete(); }
  /// Returns the JSON of the error with which the provider has ended the stream; empty if it has not.
  [[nodiscard]] std::string error() const {
    return assembly_.error().is_null() ? std::string() : detail::print(assembly_.error());
  }
  /// Returns the JSON of the response, as if it had not been streamed: of the events so far.
  [[nodiscard]] std::string response() const { return detail::print(assembly_.response()); }
  /// Returns the message of the events so far, as `read_response` does. Arguments of a tool that were cut off are kept
  /// as they are.
  [[nodiscard]] Message message() const { return detail::openai_chat::read_response(assembly_.response(), 0); }

 private:
  detail::openai_chat::Assembly assembly_{};
};

}  // namespace heddle::formats::openai_chat
