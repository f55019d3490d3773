// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/assembly.hpp"
#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/message_form.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/model/json_text.hpp"

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace heddle::formats::detail::anthropic {

/// Puts the events of a stream of the Messages API together.
class Assembly {
 public:
  void add(const Json& event) {
    const Pointer at;
    require_object(event, at);
    const std::string& type = text_of(event, "type", at);
    if (type == "message_start") {
      response_ = object_of(event, "message", at);
      list_in(response_, "content");
      inputs_.clear();
    } else if (type == "content_block_start") {
      start_block(event, at);
    } else if (type == "content_block_delta") {
      const std::size_t index = block_of(event, at);
      add_delta(blocks().items[index], inputs_[index], object_of(event, "delta", at), at.member("delta"));
    } else if (type == "content_block_stop") {
      stop_block(block_of(event, at));
    } else if (type == "message_delta") {
      add_members(response_, object_of(event, "delta", at), at.member("delta"));
      if (const Json* const usage = event.find("usage"); usage != nullptr && usage->is_object()) {
        Json* const own = response_.find("usage");
        add_members(own != nullptr && own->is_object() ? *own : response_.set("usage", Json::object()), *usage,
                    at.member("usage"));
      }
      for (std::size_t index = 0; index < event.items.size(); ++index) {
        const std::string& name = event.names[index];
        const bool is_known = name == "type" || name == "delta" || name == "usage" || name == "content";
        if (!is_known) { streamed_member(response_, name, at) = event.items[index]; }
      }
    } else if (type == "message_stop") {
      is_complete_ = true;
    } else if (type == "error") {
      error_ = event;
    }
    // All else, such as `ping`, says nothing about the message.
  }
  void finish() { is_complete_ = true; }

  [[nodiscard]] bool is_complete() const noexcept { return is_complete_; }
  [[nodiscard]] const Json& error() const noexcept { return error_; }

  /// Returns the response of the events so far. Blocks that have not stopped are in it.
  [[nodiscard]] Json response() const {
    Assembly copy(*this);
    list_in(copy.response_, "content");
    for (std::size_t index = 0; index < copy.inputs_.size(); ++index) { copy.stop_block(index); }
    return copy.response_;
  }

 private:
  Json& blocks() { return list_in(response_, "content"); }

  static void add_members(Json& object, const Json& members, const Pointer& at) {
    for (std::size_t index = 0; index < members.items.size(); ++index) {
      // The blocks have events of their own, which refer to them by their places.
      const std::string& name = members.names[index];
      if (name != "content") { streamed_member(object, name, at) = members.items[index]; }
    }
  }

  void start_block(const Json& event, const Pointer& at) {
    Json& list = blocks();
    if (index_of(event, "index", list.items.size(), at) != list.items.size()) {
      refuse(at.member("index"), "is that of a block that has been started");
    }
    list.push(object_of(event, "content_block", at));
    inputs_.resize(list.items.size());
  }

  [[nodiscard]] std::size_t block_of(const Json& event, const Pointer& at) {
    const std::size_t size = inputs_.size();
    const std::size_t index = index_of(event, "index", size, at);
    if (index == size) { refuse(at.member("index"), "is that of no block that has been started"); }
    return index;
  }

  static void add_delta(Json& block, std::optional<std::string>& input, const Json& delta, const Pointer& at) {
    const std::string& type = text_of(delta, "type", at);
    if (type == "input_json_delta") {
      if (!input) { input.emplace(); }
      *input += text_of(delta, "partial_json", at);
    } else if (type == "citations_delta") {
      list_in(block, "citations").push(member(delta, "citation", at));
    } else if (type == "signature_delta") {
      block.set("signature", text_of(delta, "signature", at));
    } else {
      // text_delta, thinking_delta and those to come: each text continues the member of its name.
      for (std::size_t index = 0; index < delta.items.size(); ++index) {
        const std::string& name = delta.names[index];
        if (name == "type") { continue; }
        Json& own = streamed_member(block, name, at);
        if (own.is_string() && delta.items[index].is_string()) {
          own.text += delta.items[index].text;
        } else {
          own = delta.items[index];
        }
      }
    }
  }

  /// Sets the input of a call whose text came in pieces. Without any text it is the object that the block began with.
  void stop_block(std::size_t index) {
    if (inputs_[index] && !inputs_[index]->empty()) {
      blocks().items[index].set("input", make_arguments(JsonValue(*inputs_[index])));
    }
    inputs_[index].reset();
  }

  Json response_ = Json::object();
  std::vector<std::optional<std::string>> inputs_{};  ///< of each block
  Json error_{};
  bool is_complete_ = false;
};

}  // namespace heddle::formats::detail::anthropic
