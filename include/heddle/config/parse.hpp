#pragma once

#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"
#include "heddle/proto/storage.pb.h"
#include "heddle/validation/json_check.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <istream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>

namespace heddle {
namespace config {

/// Returns the field of a configuration with this path, such as `sqlite.durability`; null if there is none.
[[nodiscard]] inline const google::protobuf::FieldDescriptor* find_field(std::string_view path) {
  const auto* message = v1::StorageConfig::descriptor();
  for (;;) {
    const auto dot = path.find('.');
    const std::string name(path.substr(0, dot));
    const auto* field = message->FindFieldByName(name);
    if (field == nullptr) { field = message->FindFieldByCamelcaseName(name); }
    if (field == nullptr || dot == std::string_view::npos) { return field; }
    message = field->message_type();
    if (message == nullptr) { return nullptr; }
    path.remove_prefix(dot + 1);
  }
}

/// Returns the valid values of an enumeration, as the end of an error message; empty for other fields.
[[nodiscard]] inline std::string choices_of(const google::protobuf::FieldDescriptor* field) {
  std::string choices;
  const auto* const values = field == nullptr ? nullptr : field->enum_type();
  for (int index = 0; values != nullptr && index < values->value_count(); ++index) {
    choices.append(index == 0 ? ": use one of " : ", ").append(values->value(index)->name());
  }
  return choices;
}

/// Returns the fields of a message, as the end of an error message.
[[nodiscard]] inline std::string fields_of(const google::protobuf::Descriptor& message) {
  std::string names;
  for (int index = 0; index < message.field_count(); ++index) {
    names.append(index == 0 ? ": use one of " : ", ").append(message.field(index)->name());
  }
  return names;
}

/// True for a name or a path of names, which an error message can contain.
[[nodiscard]] inline bool is_name(std::string_view name) {
  constexpr std::string_view allowed = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.";
  return !name.empty() && name.size() <= 80 && name.find_first_not_of(allowed) == std::string_view::npos;
}

/// Returns why a JSON text is not a configuration, without its values: protobuf's own explanations quote the text,
/// which can contain a key or a password. Only the names of fields are copied from them.
[[nodiscard]] inline std::string explain_json(std::string_view explanation) {
  constexpr std::string_view unknown = ": Cannot find field.";
  const auto colon = explanation.find(':');
  if (explanation.ends_with(unknown)) {
    // `(sqlite) pth`, or `pth` at the top.
    explanation.remove_suffix(unknown.size());
    const auto close = explanation.starts_with('(') ? explanation.find(") ") : std::string_view::npos;
    const std::string_view parent = close == std::string_view::npos ? "" : explanation.substr(1, close - 1);
    const std::string_view name = close == std::string_view::npos ? explanation : explanation.substr(close + 2);
    const auto* const field = parent.empty() ? nullptr : find_field(parent);
    const auto* const message = parent.empty()     ? v1::StorageConfig::descriptor()
                                : field == nullptr ? nullptr
                                                   : field->message_type();
    if (!is_name(name) || message == nullptr) { return "it has an unknown field"; }
    return (parent.empty() ? std::string("it") : std::string(parent)) + " has no field " + std::string(name) +
           fields_of(*message);
  }
  if (colon == std::string_view::npos) { return "it is not valid"; }
  // `(sqlite.path)`, or `sqlite`.
  std::string_view path = explanation.substr(0, colon);
  if (path.starts_with('(') && path.ends_with(')')) { path = path.substr(1, path.size() - 2); }
  if (path.empty()) { return "it is not a JSON object"; }
  return is_name(path) ? "the value of " + std::string(path) + " is invalid" + choices_of(find_field(path))
                       : "it is not valid";
}

/// Returns where a text is not JSON, for an error message; nothing if it is.
[[nodiscard]] inline std::optional<std::string> find_syntax_error(std::string_view text) {
  if (text.find_first_not_of(" \t\r\n") == std::string_view::npos) { return "it is empty"; }
  const std::size_t offset = validation::find_json_error(std::string(text));
  if (offset == std::string::npos) { return std::nullopt; }
  const std::string_view before = text.substr(0, offset);
  const auto line = std::count(before.begin(), before.end(), '\n') + 1;
  const std::size_t column = before.size() - (before.find_last_of('\n') + 1) + 1;
  return "it is not valid JSON at line " + std::to_string(line) + ", column " + std::to_string(column);
}

}  // namespace config

/// Returns the configuration in a JSON text (protobuf's mapping; field names in snake_case or lowerCamelCase). Throws
/// `invalid_argument` if the text is not valid or has a field that StorageConfig lacks.
[[nodiscard]] inline v1::StorageConfig parse_config_json(std::string_view text) {
  const auto refuse = [](const std::string& why) {
    throw Error(ErrorCode::invalid_argument, "the configuration's JSON cannot be read: " + why);
  };
  if (const auto error = config::find_syntax_error(text)) { refuse(*error); }
  v1::StorageConfig config;
  const auto status = google::protobuf::util::JsonStringToMessage({text.data(), text.size()}, &config);
  if (!status.ok()) {
    const auto explanation = status.message();
    refuse(config::explain_json(std::string_view(explanation.data(), explanation.size())));
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
