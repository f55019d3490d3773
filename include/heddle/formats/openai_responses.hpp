#pragma once

/// @file
/// The JSON of OpenAI's Responses API (its reference of 2025), read into records and written from them.
/// Optional: no other header includes it.

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/openai_responses_messages.hpp"
#include "heddle/formats/detail/openai_responses_stream.hpp"
#include "heddle/formats/detail/parse_json.hpp"
#include "heddle/formats/repair_json.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/model/message.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

/// OpenAI's Responses API.
///
/// All formats have these functions and this class. What was read and is written again is the same document but for the
/// order of members and white space. A message is read into parts; numbers keep their text. Fields that have no member
/// in the records are kept: those of a part in `Part::extra`, those of a message in its metadata, as
/// `$openai_responses`. Names there that begin with `$` are Heddle's; add members of your own beside them. So metadata
/// says which API a message is from.
///
/// Readers throw `invalid_argument` with the JSON pointer (RFC 6901) of what is not as the API has it, for members that
/// are there twice, and for what no backend could store: text with NUL or half of a surrogate pair (`repair_json`
/// replaces these) and nesting of more than 504 levels. Kinds of parts that Heddle does not know are kept as
/// `PartKind::other`. Writers throw `invalid_argument` for a part that has no form in the API, such as a reference to
/// an artifact, and for what Heddle keeps in `extra` or in metadata if it is no JSON object there. A message from
/// another API is written as this one has it: without fields that only the other one knows, and without thinking, which
/// only its provider can read.
///
/// Of this API: a message is a list of items; what a model wrote in one go (reasoning, texts, calls) is one message,
/// and every other item is one. A message item and a reasoning item are as many parts as they have texts; the first of
/// them has the fields of the item in the note `$item`. `encrypted_content` is `Part::redacted`. Items that Heddle does
/// not know, such as `web_search_call`, are parts of another kind; so is a refusal. Annotations are in `Part::extra`.
/// The output of a call is `ToolResult::data`, whose `success` is true: the format does not say it. Calls without an id
/// get one, unless they were read from this API. The stop reason is the reason for which a response is incomplete, else
/// its `status`. `Usage::input_tokens` contain the cached ones.
namespace heddle::formats::openai_responses {

/// Returns the message of all items of an array.
[[nodiscard]] inline Message read_message(std::string_view json) {
  return detail::openai_responses::read_message(detail::parse_document(json));
}
/// Returns the items of a message: an array.
[[nodiscard]] inline std::string write_message(const Message& message) {
  return detail::print(detail::openai_responses::write_messages({&message, 1}));
}

/// Returns the messages of a conversation: of an array of items, such as `input` of a request.
[[nodiscard]] inline std::vector<Message> read_messages(std::string_view json) {
  std::vector<Message> messages;
  detail::openai_responses::read_list(messages, detail::parse_document(json), {});
  return messages;
}
/// Returns the items of messages: one array.
[[nodiscard]] inline std::string write_messages(std::span<const Message> messages) {
  return detail::print(detail::openai_responses::write_messages(messages));
}

/// Returns the conversation of the body of a request. `instructions` become a message in front of it.
[[nodiscard]] inline Request read_request(std::string_view json) {
  return detail::openai_responses::read_request(detail::parse_document(json));
}
/// Returns the body of a request. Only a message that was read from `instructions` becomes that.
[[nodiscard]] inline std::string write_request(const Request& request) {
  return detail::print(detail::openai_responses::write_request(request));
}

/// Returns the message of a response, with its id, model, stop reason and usage.
[[nodiscard]] inline Message read_response(std::string_view json) {
  return detail::openai_responses::read_response(detail::parse_document(json));
}
/// Returns the JSON of the response that a message is from, or would be from.
[[nodiscard]] inline std::string write_response(const Message& message) {
  return detail::print(detail::openai_responses::write_response(message));
}

/// Puts the events of a streamed response together. One thread at a time may use it.
class StreamAssembler {
 public:
  /// Adds the data of one event (after `data:`) in the order of the stream. Throws `invalid_argument` with a JSON
  /// pointer into it for an event that does not fit.
  void add(std::string_view data) {
    data == detail::done_event ? assembly_.finish() : assembly_.add(detail::parse_document(data));
  }
  /// Returns whether the provider has said that the response is whole.
  [[nodiscard]] bool is_complete() const { return assembly_.is_complete(); }
  /// Returns the JSON of the error with which the provider has ended the stream; empty if it has not.
  [[nodiscard]] std::string error() const {
    return assembly_.error().is_null() ? std::string() : detail::print(assembly_.error());
  }
  /// Returns the JSON of the response, as if it had not been streamed: of the events so far.
  [[nodiscard]] std::string response() const { return detail::print(assembly_.response()); }
  /// Returns the message of the events so far, as `read_response` does. Arguments of a tool that were cut off are kept
  /// as they are.
  [[nodiscard]] Message message() const { return detail::openai_responses::read_response(assembly_.response()); }

 private:
  detail::openai_responses::Assembly assembly_{};
};

}  // namespace heddle::formats::openai_responses
