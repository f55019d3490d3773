#pragma once

#include "conformance/transfers.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

/// Streams of well-formed lines with right digests whose records are not what an export writes.
namespace conformance {

/// A record of a stream and one field of it that is to have another value, as JSON.
struct Edit {
  std::string type;
  std::string field;
  std::string value;
};

/// Returns the end of the value of JSON that starts there.
inline std::size_t end_of_value(const std::string& line, std::size_t at) {
  std::size_t depth = 0;
  bool is_text = false;
  for (;; ++at) {
    const char byte = line[at];
    if (is_text) {
      if (byte == '\\') { ++at; }
      is_text = byte != '"';
    } else if (byte == '"') {
      is_text = true;
    } else if (byte == '[' || byte == '{') {
      ++depth;
    } else if ((byte == ',' || byte == '}' || byte == ']') && depth == 0) {
      return at;
    } else if (byte == '}' || byte == ']') {
      --depth;
    }
  }
}

/// Changes the last record of the type. Returns the number of its line.
inline std::size_t apply(std::vector<std::string>& lines, const Edit& edit) {
  std::size_t number = lines.size();
  while (lines[number - 1].find("{\"type\":\"" + edit.type + "\"") != 0) { --number; }
  std::string& line = lines[number - 1];
  const std::string name = "\"" + edit.field + "\":";
  const std::size_t found = line.find("," + name);
  if (found == std::string::npos) {
    line.insert(line.size() - 1, "," + name + edit.value);
  } else {
    const std::size_t start = found + 1 + name.size();
    line.replace(start, end_of_value(line, start) - start, edit.value);
  }
  return number;
}

/// Returns a stream with a record of each type.
template <class Subject>
std::string source_stream() {
  static const std::string stream = [] {
    Subject subject;
    fill(subject.backend(), alice);
    return exported(subject.backend(), alice).bytes;
  }();
  return stream;
}

/// Checks that the stream is refused at this line.
template <class Backend>
void check_refused(Backend& backend, const std::string& stream, std::size_t line) {
  const heddle::Error error = support::error_of([&] { heddle::import_user(backend, alice, stream); });
  CHECK(error.code() == heddle::ErrorCode::data_loss);
  CHECK(std::string(error.what()).find("line " + std::to_string(line) + " of the stream ") == 0);
}

/// Checks that a stream with each of these edits is refused at the record that was edited, and that nothing is written.
template <class Subject, class Backend>
void check_edits_refused(Backend& backend, const std::vector<Edit>& edits) {
  const std::string stream = source_stream<Subject>();
  for (const Edit& edit : edits) {
    CAPTURE(edit.type);
    CAPTURE(edit.field);
    CAPTURE(edit.value.substr(0, 100));
    auto lines = lines_of(stream);
    const std::size_t line = apply(lines, edit);
    check_refused(backend, sealed(lines), line);
    CHECK(!heddle::abort_import(backend, alice));
  }
}

/// What an observer throws.
struct Stopped {};

inline std::string as_text(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace conformance
