#pragma once

#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"
#include "heddle/proto/storage.pb.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <filesystem>
#include <istream>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {
namespace config {

/// Returns the valid values of the enumeration field with this path in a configuration, as the end of an error message;
/// empty for other fields.
[[nodiscard]] inline std::string choices_of(std::string_view path) {
  const auto* message = v1::StorageConfig::descriptor();
  const google::protobuf::FieldDescriptor* field = nullptr;
  for (bool is_last = false; message != nullptr && !is_last;) {
    const auto dot = path.find('.');
    const std::string name(path.substr(0, dot));
    field = message->FindFieldByName(name);
    if (field == nullptr) { field = message->FindFieldByCamelcaseName(name); }
    if (field == nullptr) { return {}; }
    message = field->message_type();
    is_last = dot == std::string_view::npos;
    if (!is_last) { path.remove_prefix(dot + 1); }
  }
  std::string choices;
  const auto* const values = field == nullptr ? nullptr : field->enum_type();
  for (int index = 0; values != nullptr && index < values->value_count(); ++index) {
    choices.append(index == 0 ? ": use one of " : ", ").append(values->value(index)->name());
  }
  return choices;
}

/// Returns why a JSON text is not a configuration, without its values: protobuf's own explanations quote the text,
/// which can contain a key or a password. Only the name of a field is copied from them.
[[nodiscard]] inline std::string explain_json(std::string_view explanation) {
  const auto is_name = [](std::string_view name) {
    constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
    return !name.empty() && name.size() <= 80 && name.find_first_not_of(allowed) == std::string_view::npos;
  };
  constexpr std::string_view unknown = ": Cannot find field.";
  if (explanation.ends_with(unknown)) {
    explanation.remove_suffix(unknown.size());
    const std::string_view name = explanation.substr(explanation.find_last_of(' ') + 1);
    return is_name(name) ? "unknown field " + std::string(name) : "it has an unknown field";
  }
  const auto end = explanation.find("): invalid value");
  if (explanation.starts_with('(') && end != std::string_view::npos) {
    const std::string_view name = explanation.substr(1, end - 1);
    if (is_name(name)) { return "the value of " + std::string(name) + " is invalid" + choices_of(name); }
  }
  return "it is not valid JSON, or has an unknown field";
}

}  // namespace config

/// Returns the configuration in a JSON text (protobuf's mapping; field names in snake_case or lowerCamelCase). Throws
/// `invalid_argument` if the text is not valid or has a field that StorageConfig lacks.
[[nodiscard]] inline v1::StorageConfig parse_config_json(std::string_view text) {
  v1::StorageConfig config;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &config);
  if (!status.ok()) {
    const auto explanation = status.message();
    throw Error(ErrorCode::invalid_argument,
                "the configuration's JSON cannot be read: " +
                    config::explain_json(std::string_view(explanation.data(), explanation.size())));
  }
  return config;
}

/// Returns the configuration in protobuf's binary format. Throws `invalid_argument` if the bytes are not one, or have a
/// field that StorageConfig lacks: an unknown setting must not be ignored.
[[nodiscard]] inline v1::StorageConfig parse_config_binary(std::string_view bytes) {
  v1::StorageConfig config;
  if (!config.ParseFromString({bytes.data(), bytes.size()})) {
    throw Error(ErrorCode::invalid_argument, "the configuration's binary format cannot be read");
  }
  const auto size = config.ByteSizeLong();
  config.DiscardUnknownFields();
  if (config.ByteSizeLong() != size) {
    throw Error(ErrorCode::invalid_argument,
                "the configuration has an unknown field: remove it, or update the program");
  }
  return config;
}

/// Returns the configuration in a file, in JSON or in protobuf's binary format: JSON begins with a brace, which the
/// binary format never does. Throws `not_found` if the file cannot be opened, `unavailable` if it cannot be read,
/// `invalid_argument` if it is empty or not a configuration.
[[nodiscard]] inline v1::StorageConfig load_config(const std::filesystem::path& path) {
  detail::files::PlainFile plain(path);
  std::istream& file = plain.stream();
  if (!file) { throw Error(ErrorCode::not_found, "the configuration file cannot be opened: " + path.string()); }
  std::ostringstream content;
  content << file.rdbuf();
  if (content.bad()) { throw Error(ErrorCode::unavailable, "the configuration file cannot be read: " + path.string()); }
  const std::string text = std::move(content).str();
  const auto start = text.find_first_not_of(" \t\r\n");
  if (start == std::string::npos) {
    throw Error(ErrorCode::invalid_argument, "the configuration file is empty: " + path.string());
  }
  try {
    return text[start] == '{' ? parse_config_json(text) : parse_config_binary(text);
  } catch (const Error& error) { throw Error(error.code(), path.string() + ": " + error.what()); }
}

}  // namespace heddle
