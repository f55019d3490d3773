// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <rapidjson/memorystream.h>
#include <rapidjson/reader.h>

#include <concepts>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace heddle::sql {

// Parameters are `std::same_as<T> auto` to make templates, which only files that call them compile.

/// A JSON value as a slice of a text; of an object also its members. Values that a patch does not name stay byte for
/// byte: a number that no C++ type holds is not changed by a change beside it.
struct JsonSlice {
  std::string key{};            ///< of a member: decoded
  std::string_view key_text{};  ///< of a member: with its quotes
  std::string_view text{};
  bool is_object = false;
  std::vector<JsonSlice> members{};

  void set(std::string_view value, bool object) {
    text = value;
    is_object = object;
  }
};

/// Collects the slices of a text as a handler of a parser's events. What is inside of an array is not looked at.
template <std::same_as<JsonSlice> Slice>
class JsonSlicer : public rapidjson::BaseReaderHandler<rapidjson::UTF8<>, JsonSlicer<Slice>> {
 public:
  /// Precondition: the text is one JSON value.
  [[nodiscard]] static Slice slice(const std::string& text) {
    // Not a StringStream, of which the parser makes copies that do not tell where it is.
    rapidjson::MemoryStream stream(text.data(), text.size());
    JsonSlicer slicer(text, stream);
    rapidjson::Reader reader;
    reader.Parse<rapidjson::kParseIterativeFlag | rapidjson::kParseNumbersAsStringsFlag>(stream, slicer);
    return std::move(slicer.root_);
  }

  // NOLINTBEGIN(readability-identifier-naming): the names that RapidJSON calls.
  bool Default() { return value(token()); }
  bool RawNumber(const char* /*text*/, rapidjson::SizeType /*size*/, bool /*copy*/) { return Default(); }
  bool String(const char* /*text*/, rapidjson::SizeType /*size*/, bool /*copy*/) { return Default(); }
  bool Key(const char* text, rapidjson::SizeType size, bool /*copy*/) {
    const std::string_view key = token();
    if (arrays_ == 0) { open_.back()->members.push_back({std::string(text, size), key, {}, false, {}}); }
    return true;
  }
  bool StartObject() {
    const std::string_view brace = bracket();
    if (arrays_ == 0) {
      Slice& object = slot();
      object.set(brace, true);
      open_.push_back(&object);
    }
    return true;
  }
  bool EndObject(rapidjson::SizeType /*members*/) {
    bracket();
    if (arrays_ == 0) {
      open_.back()->text = from(open_.back()->text);
      open_.pop_back();
    }
    return true;
  }
  bool StartArray() {
    const std::string_view start = bracket();
    if (arrays_++ == 0) { array_ = start; }
    return true;
  }
  bool EndArray(rapidjson::SizeType /*elements*/) {
    bracket();
    if (--arrays_ == 0) { slot().set(from(array_), false); }
    return true;
  }
  // NOLINTEND(readability-identifier-naming)

 private:
  JsonSlicer(std::string_view text, const rapidjson::MemoryStream& stream) : text_(text), stream_(stream) {}

  /// Returns the text of the key, text, number or name that the parser has just read.
  std::string_view token() {
    const std::size_t start = next();
    end_ = stream_.Tell();
    return text_.substr(start, end_ - start);
  }
  /// Returns the bracket that the parser is at: it has not read it when it calls the handler.
  std::string_view bracket() {
    const std::size_t start = next();
    end_ = start + 1;
    return text_.substr(start, 1);
  }
  /// Returns the start of the next token: only space and delimiters are between two.
  [[nodiscard]] std::size_t next() const { return text_.find_first_not_of(" \t\r\n,:", end_); }
  /// Returns the text from the start of a token to the end of the last one.
  [[nodiscard]] std::string_view from(std::string_view token) const {
    const auto start = static_cast<std::size_t>(token.data() - text_.data());
    return text_.substr(start, end_ - start);
  }
  /// The place of the next value.
  Slice& slot() { return open_.empty() ? root_ : open_.back()->members.back(); }
  bool value(std::string_view text) {
    if (arrays_ == 0) { slot().set(text, false); }
    return true;
  }

  std::string_view text_;
  const rapidjson::MemoryStream& stream_;
  std::size_t end_ = 0;
  Slice root_{};
  std::vector<Slice*> open_{};
  int arrays_ = 0;
  std::string_view array_{};
};

/// Appends the result of a merge patch (RFC 7396, section 2) on a target to a text.
void append_merged(std::string& out, const std::same_as<JsonSlice> auto& target, const JsonSlice& patch) {
  if (!patch.is_object) {
    out += patch.text;
    return;
  }
  // Of a key that occurs more than once the last one counts.
  std::map<std::string_view, std::size_t> in_target;
  std::map<std::string_view, std::size_t> in_patch;
  for (std::size_t at = 0; at < target.members.size(); ++at) { in_target[target.members[at].key] = at; }
  for (std::size_t at = 0; at < patch.members.size(); ++at) { in_patch[patch.members[at].key] = at; }
  const std::size_t start = out.size();
  const auto append_key = [&](std::string_view key) {
    out.append(out.size() == start ? "{" : ",").append(key).append(":");
  };
  for (std::size_t at = 0; at < target.members.size(); ++at) {
    const JsonSlice& member = target.members[at];
    const auto change = in_patch.find(member.key);
    if (change == in_patch.end()) {
      append_key(member.key_text);
      out += member.text;
      continue;
    }
    const JsonSlice& replacement = patch.members[change->second];
    if (in_target[member.key] != at || replacement.text == "null") { continue; }
    append_key(member.key_text);
    append_merged(out, member, replacement);
  }
  for (std::size_t at = 0; at < patch.members.size(); ++at) {
    const JsonSlice& member = patch.members[at];
    if (in_patch[member.key] != at || in_target.contains(member.key) || member.text == "null") { continue; }
    append_key(member.key_text);
    append_merged(out, JsonSlice{}, member);
  }
  out += out.size() == start ? "{}" : "}";
}

/// Returns a JSON object with the changes of a merge patch. Preconditions: both are valid JSON, the patch is an object.
/// A template, so that only files that patch compile a parser for it.
template <std::same_as<JsonSlice> Slice = JsonSlice>
[[nodiscard]] std::string merge_patch(const std::string& target, const std::string& patch) {
  const Slice changes = JsonSlicer<Slice>::slice(patch);
  if (changes.members.empty()) { return target; }
  std::string merged;
  append_merged(merged, JsonSlicer<Slice>::slice(target), changes);
  return merged;
}

}  // namespace heddle::sql
