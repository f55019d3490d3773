// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <istream>
#include <optional>
#include <span>
#include <string_view>

namespace heddle::stores::detail {

/// Reads what a caller wants to be stored. A template only so that files that do not use it do not compile it.
template <std::same_as<ContentSource> Source>
class ContentInput {
 public:
  /// Throws what opening the file throws.
  explicit ContentInput(const Source& source) : source_(source), rest_(source.bytes()) {
    if (source.kind() == Source::Kind::reader && !source.reader()) {
      validation::refuse("content", "is an empty function");
    }
    if (source.kind() != Source::Kind::file) { return; }
    heddle::detail::files::require_regular_file(source.file());
    file_.emplace(source.file());
    if (!file_->stream()) { heddle::detail::files::refuse_unreadable_file(); }
  }

  /// Returns the number of the next bytes, which it copies to the buffer; 0 at the end.
  std::size_t read(std::span<char> buffer) {
    if (source_.kind() == Source::Kind::bytes) {
      const std::size_t count = std::min(buffer.size(), rest_.size());
      std::copy_n(rest_.begin(), count, buffer.begin());
      rest_.remove_prefix(count);
      return count;
    }
    if (source_.kind() == Source::Kind::reader) {
      const std::size_t count = source_.reader()(buffer);
      if (count > buffer.size()) { validation::refuse("content", "has a function that returned more than its buffer"); }
      return count;
    }
    std::istream& stream = file_->stream();
    stream.read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
    if (stream.bad()) { throw Error(ErrorCode::unavailable, "reading the file failed"); }
    return static_cast<std::size_t>(stream.gcount());
  }

 private:
  const Source& source_;
  std::string_view rest_;
  std::optional<heddle::detail::files::PlainFile> file_;
};

}  // namespace heddle::stores::detail
