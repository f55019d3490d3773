#pragma once

#include "heddle/error.hpp"
#include "heddle/model/artifact_version.hpp"

#include <concepts>
#include <cstddef>
#include <memory>
#include <span>
#include <string>
#include <utility>

namespace heddle {

/// Reads the content of an artifact from its start to its end, piece by piece. Bytes that were read are only known to
/// be those that were stored when the end has been reached: `read` compares size and checksum there. Reads only what it
/// is asked for, and holds no transaction between two calls. If the content is removed meanwhile, a read from the
/// database ends with `not_found`; a file that was open stays readable to its end. One thread at a time. It must not
/// outlive its backend. A reader that was moved from throws `failed_precondition`.
class ArtifactReader {
 public:
  /// Where the bytes come from. Made by the stores.
  class Source {
   public:
    Source() = default;
    Source(const Source&) = delete;
    Source& operator=(const Source&) = delete;
    Source(Source&&) = delete;
    Source& operator=(Source&&) = delete;
    virtual ~Source() = default;
    /// Returns what is read.
    [[nodiscard]] virtual const ArtifactVersion& version() const noexcept = 0;
    /// See ArtifactReader::read.
    virtual std::size_t read(std::span<char> buffer) = 0;
  };

  /// Made by `ArtifactStore::open`.
  explicit ArtifactReader(std::unique_ptr<Source> source) noexcept : source_(std::move(source)) {}

  /// Returns the version of the artifact that is read.
  [[nodiscard]] const ArtifactVersion& version() const { return source().version(); }

  /// Copies the next bytes to the buffer and returns how many; less than its size does not mean that the end is near.
  /// Returns 0 at the end, if the size and the checksum of all bytes are right. Throws `data_loss` if they are not, or
  /// if bytes are missing, `not_found` if the content was removed meanwhile (see above), `unavailable` if it cannot be
  /// read now, and for the context of `open` what `Context::check` throws. After data_loss every further call throws it
  /// again.
  std::size_t read(std::span<char> buffer) { return source().read(buffer); }

  /// Returns all bytes from here to the end, verified. Throws `resource_exhausted` if they are more than `at_most`, and
  /// what `read` throws.
  template <std::same_as<std::string> Text = std::string>
  [[nodiscard]] Text rest(std::size_t at_most = std::size_t{64} << 20U) {
    Text text;
    std::size_t size = 0;
    for (;;) {
      if (size == text.size()) { text.resize(size == 0 ? std::size_t{1} << 12U : 2 * size); }
      const std::size_t count = read(std::span(text).subspan(size));
      if (count == 0) { break; }
      size += count;
      if (size > at_most) {
        throw Error(ErrorCode::resource_exhausted, "the content has more bytes than were asked for");
      }
    }
    text.resize(size);
    return text;
  }

 private:
  [[nodiscard]] Source& source() const {
    if (!source_) { throw Error(ErrorCode::failed_precondition, "the reader was moved from"); }
    return *source_;
  }

  std::unique_ptr<Source> source_;
};

}  // namespace heddle
