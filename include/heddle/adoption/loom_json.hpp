// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/raw_json.hpp"
#include "heddle/error.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/check.hpp"
#include "heddle/validation/json_check.hpp"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Records of the Go server in JSON: structs without tags, whose members have Go's names. Texts that are not that
/// return nothing.
namespace heddle::adoption {

[[nodiscard]] inline std::int64_t json_integer(std::string_view value) {
  std::int64_t number = 0;
  std::from_chars(value.data(), value.data() + value.size(), number);
  return number;
}

/// Whether a record keeps all limits of a write.
template <class T>
[[nodiscard]] bool can_be_stored(const T& record) {
  try {
    validation::check("record", record);
    return true;
  } catch (const Error&) { return false; }
}

/// Returns an object as it stands, `{}` for null.
[[nodiscard]] inline JsonValue json_object(std::string_view value) {
  return {value == "null" ? std::string("{}") : std::string(value)};
}

[[nodiscard]] inline std::map<std::string, std::string> json_texts(std::string_view object) {
  std::map<std::string, std::string> texts;
  if (!object.starts_with('{')) { return texts; }
  for_each_field(object, [&](std::string_view name, std::string_view value) {
    texts.insert_or_assign(std::string(name), value.starts_with('"') ? json_text(value) : std::string(value));
  });
  return texts;
}

[[nodiscard]] inline std::optional<ToolError> read_error(std::string_view object) {
  ToolError error;
  bool is_known = true;
  for_each_field(object, [&](std::string_view name, std::string_view value) {
    if (name == "Code") {
      error.code = json_text(value);
    } else if (name == "Message") {
      error.message = json_text(value);
    } else if (name == "Details") {
      error.details = json_object(value);
    } else if (name == "Retryable") {
      error.retryable = value == "true";
    } else if (name == "Suggestion") {
      error.suggestion = json_text(value);
    } else {
      is_known = false;
    }
  });
  return is_known ? std::optional(std::move(error)) : std::nullopt;
}

/// A protobuf message, by its names in JSON; Go leaves out what is not set.
[[nodiscard]] inline std::optional<DataReference> read_reference(std::string_view object) {
  DataReference reference;
  bool is_known = true;
  for_each_field(object, [&](std::string_view name, std::string_view value) {
    if (name == "id") {
      reference.id = json_text(value);
    } else if (name == "size_bytes") {
      reference.size_bytes = json_integer(value);
    } else if (name == "location") {
      const std::int64_t location = json_integer(value);  // 0: unspecified
      reference.location = location == 2   ? DataLocation::disk
                           : location == 3 ? DataLocation::database
                                           : DataLocation::memory;
    } else if (name == "checksum") {
      reference.checksum = json_text(value);
    } else if (name == "compressed") {
      reference.compressed = value == "true";
    } else if (name == "content_type") {
      reference.content_type = json_text(value);
    } else if (name == "metadata") {
      reference.metadata = json_texts(value);
    } else if (name == "stored_at") {
      constexpr std::int64_t most = std::numeric_limits<std::int64_t>::max() / 1000;
      const std::int64_t time = std::clamp(json_integer(value), -most, most);
      reference.stored_at = Timestamp(std::chrono::milliseconds(time));
    } else {
      is_known = false;
    }
  });
  return is_known ? std::optional(std::move(reference)) : std::nullopt;
}

/// An object or null.
[[nodiscard]] inline bool is_pointer(std::string_view value) noexcept {
  return value == "null" || value.starts_with('{');
}

[[nodiscard]] inline std::optional<ToolResult> read_result(const std::string& text) {
  if (!text.starts_with('{') || !validation::is_json(text)) { return std::nullopt; }
  ToolResult result;
  bool is_known = true;
  for_each_field(text, [&](std::string_view name, std::string_view value) {
    if (name == "Success") {
      result.success = value == "true";
    } else if (name == "Data") {
      result.data = std::string(value);
    } else if (name == "Error" && is_pointer(value)) {
      if (value != "null") {
        result.error = read_error(value);
        is_known = is_known && result.error;
      }
    } else if (name == "Metadata") {
      result.metadata = json_object(value);
    } else if (name == "ExecutionTimeMs") {
      result.execution_time_ms = std::chrono::milliseconds(json_integer(value));
    } else if (name == "CacheHit") {
      result.cache_hit = value == "true";
    } else if (name == "DataReference" && is_pointer(value)) {
      if (value != "null") {
        result.data_reference = read_reference(value);
        is_known = is_known && result.data_reference;
      }
    } else {
      is_known = false;
    }
  });
  return is_known ? std::optional(std::move(result)) : std::nullopt;
}

[[nodiscard]] inline std::optional<std::vector<ToolCall>> read_calls(const std::string& text) {
  if (!text.starts_with('[') || !validation::is_json(text)) { return std::nullopt; }
  std::vector<ToolCall> calls;
  bool are_known = true;
  for_each_element(text, [&](std::string_view element) {
    ToolCall& call = calls.emplace_back();
    if (!element.starts_with('{')) {
      are_known = false;
      return;
    }
    for_each_field(element, [&](std::string_view name, std::string_view value) {
      if (name == "ID") {
        call.id = json_text(value);
      } else if (name == "Name") {
        call.name = json_text(value);
      } else if (name == "Input") {
        call.input = json_object(value);
      } else if (name == "ThoughtSignature") {
        call.thought_signature = json_text(value);
      } else {
        are_known = false;
      }
    });
  });
  if (!are_known) { return std::nullopt; }
  return calls;
}

}  // namespace heddle::adoption
