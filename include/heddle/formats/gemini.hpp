#pragma once

/// @file
/// The JSON of Gemini's generateContent (v1beta, its reference of 2025), read into records and written from them.
/// Optional: no other header includes it.

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/gemini_messages.hpp"
#include "heddle/formats/detail/gemini_stream.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_list.hpp"
#include "heddle/formats/detail/parse_json.hpp"
#include "heddle/formats/repair_json.hpp"
#include "heddle/formats/request.hpp"
#include "heddle/model/message.hpp"

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Gemini's generateContent and streamGenerateContent.
///
/// All formats have these functions and this class. What was read and is written again is the same document but for the
/// order of members and white space. A message is read into parts; numbers keep their text. Fields that have no member
/// in the records are kept: those of a part in `Part::extra`, those of a message in its metadata, as `$gemini`. Names
/// there that begin with `$` are Heddle's; add members of your own beside them. So metadata says which API a message is
/// from.
///
/// Readers throw `invalid_argument` with the JSON pointer (RFC 6901) of what is not as the API has it, for members that
/// are there twice, and for what no backend could store: text with NUL or half of a surrogate pair (`repair_json`
/// replaces these) and nesting of more than 504 levels. Kinds of parts that Heddle does not know are kept as
/// `PartKind::other`. Writers throw `invalid_argument` for a part that has no form in the API, such as a reference to
/// an artifact, and for what Heddle keeps in `extra` or in metadata if it is no JSON object there. A message from
/// another API is written as this one has it: without fields that only the other one knows, and without thinking, which
/// only its provider can read.
///
/// Of this API: a `functionResponse` makes a message one of the role tool, which is written as one of the user; so is a
/// system message that is not at the front of a request. Results in messages of their own, which follow one another,
/// are written as one, unless they were read from this API. `thoughtSignature` is `ToolCall::thought_signature` of a
/// call and `Part::signature` of a text or of thinking. A call without an id has an empty one. A result fails if its
/// response has the member `error`; its name is in `Part::extra`, or that of the call before it with the same id. Kinds
/// of media are told by `mimeType`. Names are those of the JSON form (`inlineData`); parts with `inline_data` are kept
/// as another kind.
namespace heddle::formats::gemini {

/// Returns a message: a content, an object with `role` and `parts`.
[[nodiscard]] inline Message read_message(std::string_view json) {
  return detail::gemini::read_message(detail::parse_document(json), {});
}
/// Returns the JSON of a message.
[[nodiscard]] inline std::string write_message(const Message& message) {
  return detail::print(detail::gemini::write_message(message, {}));
}

/// Returns the messages of a conversation: the array `contents` of a request.
[[nodiscard]] inline std::vector<Message> read_messages(std::string_view json) {
  std::vector<Message> messages;
  detail::read_list(messages, detail::parse_document(json), {}, detail::gemini::read_message);
  return messages;
}
/// Returns the JSON of messages: an array.
[[nodiscard]] inline std::string write_messages(std::span<const Message> messages) {
  return detail::print(detail::gemini::write_messages(messages));
}

/// Returns the conversation of the body of a request. `systemInstruction` becomes a message in front of it.
[[nodiscard]] inline Request read_request(std::string_view json) {
  return detail::gemini::read_request(detail::parse_document(json));
}
/// Returns the body of a request. System messages at the front of it become `systemInstruction`.
[[nodiscard]] inline std::string write_request(const Request& request) {
  return detail::print(detail::gemini::write_request(request));
}

/// Returns the message of a response, with its id, model, stop reason and usage: the candidate at a place, the first
/// one by default. Its metadata keeps the others.
[[nodiscard]] inline Message read_response(std::string_view json, std::size_t place = 0) {
  return detail::gemini::read_response(detail::parse_document(json), place);
}
/// Returns the JSON of the response that a message is from, or would be from.
[[nodiscard]] inline std::string write_response(const Message& message) {
  return detail::print(detail::gemini::write_response(message));
}

/// Puts the responses of a stream together. One thread at a time may use it.
class StreamAssembler {
 public:
  /// Adds the data of one event (after `data:`) in the order of the stream. Throws `invalid_argument` with a JSON
  /// pointer into it for an event that does not fit, and for more than 1000 candidates, or members of an
  /// object that other events add to, which no provider has.
  void add(std::string_view data) {
    data == detail::done_event ? assembly_.finish() : assembly_.add(detail::parse_document(data));
  }
  /// Returns whether the provider has said that the response is whole: each candidate has its `finishReason`.
  [[nodiscard]] bool is_complete() const { return assembly_.is_complete(); }
  /// Returns the JSON of the error with which the provider has ended the stream; empty if it has not.
  [[nodiscard]] std::string error() const {
    return assembly_.error().is_null() ? std::string() : detail::print(assembly_.error());
  }
  /// Returns the JSON of the response, as if it had not been streamed: of the events so far.
  [[nodiscard]] std::string response() const { return detail::print(assembly_.response()); }
  /// Returns the message of the events so far, as `read_response` does. Arguments of a tool that were cut off are kept
  /// as they are.
  [[nodiscard]] Message message() const { return detail::gemini::read_response(assembly_.response(), 0); }

 private:
  detail::gemini::Assembly assembly_{};
};

}  // namespace heddle::formats::gemini
