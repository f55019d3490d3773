#pragma once

#include "heddle/model/json_text.hpp"
#include "heddle/model/message.hpp"

#include <vector>

/// The JSON of providers of models, read into records and written from them. See `heddle/formats/anthropic.hpp`.
namespace heddle::formats {

/// The body of a request to a model.
struct Request {
  /// The conversation. What the API has beside it as the system's text (`system`, `instructions`,
  /// `systemInstruction`) is a message of the role system in front.
  std::vector<Message> messages{};
  /// A JSON object with all other members: the model, tools, the limit of tokens.
  JsonObject rest{};
};

}  // namespace heddle::formats
