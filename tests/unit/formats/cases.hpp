#pragma once

#include <heddle/formats/anthropic.hpp>
#include <heddle/formats/gemini.hpp>
#include <heddle/formats/openai_chat.hpp>
#include <heddle/formats/openai_responses.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The functions of a format: all formats have the same.
struct Format {
  std::string name;
  std::vector<heddle::Message> (*read_messages)(std::string_view);
  std::string (*write_messages)(std::span<const heddle::Message>);
  heddle::formats::Request (*read_request)(std::string_view);
  std::string (*write_request)(const heddle::formats::Request&);
  heddle::Message (*read_response)(std::string_view);
  std::string (*write_response)(const heddle::Message&);
};

inline const std::vector<Format>& all_formats() {
  namespace formats = heddle::formats;
  static const std::vector<Format> all{
      {"anthropic", formats::anthropic::read_messages, formats::anthropic::write_messages,
       formats::anthropic::read_request, formats::anthropic::write_request, formats::anthropic::read_response,
       formats::anthropic::write_response},
      {"openai_chat", formats::openai_chat::read_messages, formats::openai_chat::write_messages,
       formats::openai_chat::read_request, formats::openai_chat::write_request,
       [](std::string_view json) { return formats::openai_chat::read_response(json); },
       formats::openai_chat::write_response},
      {"openai_responses", formats::openai_responses::read_messages, formats::openai_responses::write_messages,
       formats::openai_responses::read_request, formats::openai_responses::write_request,
       formats::openai_responses::read_response, formats::openai_responses::write_response},
      {"gemini", formats::gemini::read_messages, formats::gemini::write_messages, formats::gemini::read_request,
       formats::gemini::write_request, [](std::string_view json) { return formats::gemini::read_response(json); },
       formats::gemini::write_response}};
  return all;
}

[[nodiscard]] inline std::string read_file(const std::filesystem::path& path) {
  std::ifstream stream(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

/// A file of the folder `data`: what is in it, and whether it has messages, a request, a response or a stream.
struct Case {
  std::string name;
  std::string what;
  std::string text;
};

[[nodiscard]] inline std::vector<Case> cases_of(const Format& format) {
  std::vector<Case> cases;
  for (const auto& file : std::filesystem::directory_iterator(std::filesystem::path(FORMATS_DATA) / format.name)) {
    const std::filesystem::path stem = file.path().stem();
    cases.push_back({format.name + "/" + stem.stem().string(), stem.extension().string(), read_file(file.path())});
  }
  std::sort(cases.begin(), cases.end(), [](const Case& a, const Case& b) { return a.name + a.what < b.name + b.what; });
  return cases;
}

/// Reads a document of a case and writes it again.
[[nodiscard]] inline std::string pass_through(const Format& format, std::string_view what, std::string_view json) {
  if (what == ".messages") { return format.write_messages(format.read_messages(json)); }
  if (what == ".request") { return format.write_request(format.read_request(json)); }
  return format.write_response(format.read_response(json));
}

/// Returns the messages of a document of a case.
[[nodiscard]] inline std::vector<heddle::Message> messages_of(const Format& format, std::string_view what,
                                                              std::string_view json) {
  if (what == ".messages") { return format.read_messages(json); }
  if (what == ".request") { return format.read_request(json).messages; }
  return {format.read_response(json)};
}
