#pragma once

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Makes a text of a document that is the same for the same document: members sorted, no white space, numbers as they
/// are written. Not of the library, so that both do not have the same faults.
class CanonicalHandler : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, CanonicalHandler> {
 public:
  bool Null() { return add("null"); }
  bool Bool(bool value) { return add(value ? "true" : "false"); }
  bool RawNumber(const char* text, rapidjson::SizeType size, bool /*copy*/) { return add(std::string(text, size)); }
  bool String(const char* text, rapidjson::SizeType size, bool /*copy*/) { return add(quoted({text, size})); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    open_.back().push_back(quoted({text, size}) + ":");
    has_key_ = true;
    return true;
  }
  bool StartObject() { return start(); }
  bool StartArray() { return start(); }
  bool EndObject(rapidjson::SizeType /*members*/) {
    std::sort(open_.back().begin(), open_.back().end());
    return end("{", "}");
  }
  bool EndArray(rapidjson::SizeType /*elements*/) { return end("[", "]"); }

  [[nodiscard]] const std::string& text() const { return root_; }

 private:
  static std::string quoted(std::string_view text) {
    rapidjson::StringBuffer buffer;
    rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
    writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
    return {buffer.GetString(), buffer.GetSize()};
  }
  bool add(const std::string& value) {
    if (open_.empty()) {
      root_ = value;
    } else if (std::exchange(has_key_, false)) {
      open_.back().back() += value;
    } else {
      open_.back().push_back(value);
    }
    return true;
  }
  bool start() {
    in_member_.push_back(std::exchange(has_key_, false));
    open_.emplace_back();
    return true;
  }
  bool end(std::string value, const char* last) {
    for (const std::string& each : open_.back()) { value.append(value.size() == 1 ? "" : ",").append(each); }
    open_.pop_back();
    has_key_ = in_member_.back();
    in_member_.pop_back();
    return add(value + last);
  }

  std::string root_{};
  std::vector<std::vector<std::string>> open_{};
  std::vector<bool> in_member_{};
  bool has_key_ = false;
};

[[nodiscard]] inline std::string canonical(std::string_view json) {
  rapidjson::MemoryStream stream(json.data(), json.size());
  CanonicalHandler handler;
  rapidjson::Reader reader;
  if (reader.Parse<rapidjson::kParseNumbersAsStringsFlag>(stream, handler).IsError()) {
    throw std::runtime_error("not JSON: " + std::string(json.substr(0, 200)));
  }
  return handler.text();
}
