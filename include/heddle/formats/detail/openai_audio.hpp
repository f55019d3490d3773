// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/formats/detail/fields.hpp"
#include "heddle/formats/detail/json.hpp"
#include "heddle/formats/detail/pointer.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/part.hpp"

#include <string>
#include <string_view>

namespace heddle::formats::detail {

/// Sets a part from the member `input_audio`, which both formats of OpenAI have; `make_input_audio` is the reverse.
inline void take_input_audio(Part& part, const Json& audio, const Pointer& at) {
  part.kind = PartKind::audio;
  part.data = text_of(audio, "data", at);
  const std::string format = text_if(audio, "format", limits::name - 6);
  if (!format.empty()) { part.media_type = "audio/" + (format == "mp3" ? "mpeg" : format); }
}
[[nodiscard]] inline Json make_input_audio(const Part& part) {
  constexpr std::string_view start = "audio/";
  const std::string_view type = part.media_type;
  Json audio = Json::object();
  audio.set("data", part.data);
  audio.set_text("format", type == "audio/mpeg" ? "mp3" : type.starts_with(start) ? type.substr(start.size()) : "");
  return audio;
}

}  // namespace heddle::formats::detail
