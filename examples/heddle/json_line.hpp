#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <heddle/control_characters.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace command {

/// A JSON object that is written member by member: what `--json` prints, one on a line.
class JsonLine {
 public:
  JsonLine() { writer_.StartObject(); }

  JsonLine& add(std::string_view name, std::string_view value) {
    key(name);
    text(value);
    return *this;
  }
  JsonLine& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  JsonLine& add(std::string_view name, std::int64_t value) {
    key(name);
    writer_.Int64(value);
    return *this;
  }
  JsonLine& add(std::string_view name, double value) {
    key(name);
    writer_.Double(value);
    return *this;
  }
  JsonLine& add(std::string_view name, bool value) {
    key(name);
    writer_.Bool(value);
    return *this;
  }
  /// Leaves the member out if there is no value.
  template <class T>
  JsonLine& add(std::string_view name, const std::optional<T>& value) {
    return value ? add(name, *value) : *this;
  }

  /// A value that is JSON already.
  JsonLine& raw(std::string_view name, std::string json) {
    key(name);
    // In JSON the end of a line is white space: in a text it is escaped.
    for (char& each : json) {
      if (each == '\n' || each == '\r') { each = ' '; }
    }
    writer_.RawValue(json.data(), json.size(), rapidjson::kObjectType);
    return *this;
  }

  JsonLine& begin_object(std::string_view name) {
    key(name);
    writer_.StartObject();
    return *this;
  }
  JsonLine& end_object() {
    writer_.EndObject();
    return *this;
  }
  JsonLine& begin_list(std::string_view name) {
    key(name);
    writer_.StartArray();
    return *this;
  }
  /// An item of a list.
  JsonLine& item(std::string_view value) {
    text(value);
    return *this;
  }
  JsonLine& begin_item() {
    writer_.StartObject();
    return *this;
  }
  JsonLine& end_list() {
    writer_.EndArray();
    return *this;
  }

  /// Returns the line, with its end. What a terminal would obey is escaped, as JSON alone does not demand it.
  [[nodiscard]] std::string line() {
    writer_.EndObject();
    std::string result;
    for (std::string_view rest(buffer_.GetString(), buffer_.GetSize()); !rest.empty();) {
      // All others are escaped already. Such a character can only stand in a text.
      const std::size_t control = heddle::leading_control(rest);
      if (control == 0) {
        result += rest.front();
        rest.remove_prefix(1);
      } else {
        constexpr std::string_view digits = "0123456789abcdef";
        const auto code = static_cast<unsigned char>(rest[control - 1]);
        result.append("\\u00").append(1, digits[code >> 4U]).append(1, digits[code & 15U]);
        rest.remove_prefix(control);
      }
    }
    return result + "\n";
  }

 private:
  void key(std::string_view name) { writer_.Key(name.data(), static_cast<rapidjson::SizeType>(name.size())); }
  void text(std::string_view value) { writer_.String(value.data(), static_cast<rapidjson::SizeType>(value.size())); }

  rapidjson::StringBuffer buffer_;
  rapidjson::Writer<rapidjson::StringBuffer> writer_{buffer_};
};

}  // namespace command
