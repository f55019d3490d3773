#pragma once

#include "heddle/limits.hpp"
#include "heddle/model/json_text.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/reflection/enum_names.hpp"

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {

/// What a part of a message is.
enum class PartKind {
  text,
  thinking,     ///< of the model: text with a signature, or data that only the provider can read
  tool_call,    ///< of the model
  tool_result,  ///< to a call
  image,
  document,
  audio,
  video,
  artifact,  ///< a reference to an artifact of an ArtifactStorage
  other      ///< of a kind that Heddle does not know, as its provider wrote it
};

template <>
struct EnumNames<PartKind> {
  static constexpr std::array<std::string_view, 10> values{"text",     "thinking", "tool_call", "tool_result", "image",
                                                           "document", "audio",    "video",     "artifact",    "other"};
};

/// One part of a message, as a model or a provider made it: returned byte for byte, with every member that is set. The
/// makers below set the members that a kind needs.
struct Part {
  PartKind kind = PartKind::text;
  std::string text{};                  ///< of a text or of thinking; of a document that is plain text; said in audio
  std::string signature{};             ///< of thinking, or of a text that came of it; opaque
  std::string redacted{};              ///< of thinking: data instead of its text, or beside a summary; opaque
  ToolCall call{};                     ///< of a tool_call
  std::string call_id{};               ///< of a tool_result: the call that it is the result of
  std::optional<ToolResult> result{};  ///< of a tool_result
  std::string media_type{};            ///< of image, document, audio and video, such as image/png
  std::string data{};                  ///< of image, document, audio and video: their bytes in base64,
  std::string url{};                   ///< or where they are,
  std::string file_id{};               ///< or the provider's id of a file
  std::string artifact_id{};           ///< of an artifact; it is not looked for
  std::string provider_kind{};         ///< of another kind: the provider's name for it
  JsonValue json{};                    ///< of another kind: the part as its provider wrote it
  /// A JSON object with the provider's fields that are none of these, such as `cache_control`.
  JsonValue extra{"{}"};

  // These are templates, so that only files that call them compile them.

  /// A text, which can be empty.
  template <class = void>
  [[nodiscard]] static Part of_text(std::string text) {
    Part part;
    part.text = std::move(text);
    return part;
  }
  /// What a model thought, with the provider's signature of it.
  template <class = void>
  [[nodiscard]] static Part of_thinking(std::string text, std::string signature = {}) {
    Part part = of_kind(PartKind::thinking);
    part.text = std::move(text);
    part.signature = std::move(signature);
    return part;
  }
  /// What a model thought, as data for its provider.
  template <class = void>
  [[nodiscard]] static Part of_redacted_thinking(std::string data) {
    Part part = of_kind(PartKind::thinking);
    part.redacted = std::move(data);
    return part;
  }
  /// A call of a tool.
  template <class = void>
  [[nodiscard]] static Part of_tool_call(ToolCall call) {
    Part part = of_kind(PartKind::tool_call);
    part.call = std::move(call);
    return part;
  }
  /// The result of the call with this id.
  template <class = void>
  [[nodiscard]] static Part of_tool_result(std::string call_id, ToolResult result) {
    Part part = of_kind(PartKind::tool_result);
    part.call_id = std::move(call_id);
    part.result = std::move(result);
    return part;
  }
  /// An image, a document, audio or video in base64.
  template <class = void>
  [[nodiscard]] static Part of_data(PartKind kind, std::string media_type, std::string base64) {
    Part part = of_kind(kind);
    part.media_type = std::move(media_type);
    part.data = std::move(base64);
    return part;
  }
  /// The same, at a URL.
  template <class = void>
  [[nodiscard]] static Part of_url(PartKind kind, std::string url, std::string media_type = {}) {
    Part part = of_kind(kind);
    part.media_type = std::move(media_type);
    part.url = std::move(url);
    return part;
  }
  /// The same, as a file that the provider keeps.
  template <class = void>
  [[nodiscard]] static Part of_file(PartKind kind, std::string file_id, std::string media_type = {}) {
    Part part = of_kind(kind);
    part.media_type = std::move(media_type);
    part.file_id = std::move(file_id);
    return part;
  }
  /// A reference to an artifact.
  template <class = void>
  [[nodiscard]] static Part of_artifact(std::string id) {
    Part part = of_kind(PartKind::artifact);
    part.artifact_id = std::move(id);
    return part;
  }
  /// A part that Heddle does not know: the provider's name of its kind, and its JSON.
  template <class = void>
  [[nodiscard]] static Part of_other(std::string provider_kind, JsonValue json) {
    Part part = of_kind(PartKind::other);
    part.provider_kind = std::move(provider_kind);
    part.json = std::move(json);
    return part;
  }

  friend bool operator==(const Part&, const Part&) = default;

 private:
  template <class = void>
  static Part of_kind(PartKind kind) {
    Part part;
    part.kind = kind;
    return part;
  }
};

}  // namespace heddle

HEDDLE_ADAPT_STRUCT(heddle::Part, kind, text, signature, redacted, call, call_id, result, media_type, data, url,
                    file_id, artifact_id, provider_kind, json, extra);
HEDDLE_LIMIT_TEXTS(heddle::Part, heddle::limits::id, artifact_id);
HEDDLE_LIMIT_TEXTS(heddle::Part, heddle::limits::provider_id, call_id, file_id);
HEDDLE_LIMIT_TEXTS(heddle::Part, heddle::limits::name, media_type, provider_kind);
