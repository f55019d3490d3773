// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/plain_file.hpp"
#include "heddle/error.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/content_source.hpp"
#include "heddle/transfer/line_fields.hpp"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <istream>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::transfer {

/// The bytes of a stream, which can be read from the start more than once: what a function reads goes to a temporary
/// file as well. A template only so that files that do not use it do not compile it.
template <std::same_as<ContentSource> Source>
class StreamBytes {
 public:
  StreamBytes(const Source& source, const Context& context) : source_(source), context_(context) {
    if (source.kind() == Source::Kind::reader) { make_spool(); }
    if (source.kind() == Source::Kind::file) { heddle::detail::files::require_regular_file(source.file()); }
    rewind();
  }

  void rewind() {
    if (spooling_ && at_ != 0) { spool_rest(); }
    at_ = 0;
    if (spooled_) { std::rewind(spooled_.get()); }
    if (source_.kind() == Source::Kind::file) {
      file_.emplace(source_.file());
      if (!file_->stream()) { heddle::detail::files::refuse_unreadable_file(); }
    }
  }

  /// True if the bytes can be others when they are read again: those of a file, which anyone can write.
  [[nodiscard]] bool can_change() const noexcept { return source_.kind() == Source::Kind::file; }

  /// Returns how many bytes were read; 0 at the end. Throws if the call is to end.
  [[nodiscard]] std::size_t read(std::span<char> buffer) {
    context_.check();
    if (spooling_) { return spool(buffer); }
    if (spooled_) {
      const std::size_t count = std::fread(buffer.data(), 1, buffer.size(), spooled_.get());
      if (count == 0 && std::ferror(spooled_.get()) != 0) { refuse_spooling("read"); }
      return count;
    }
    if (file_) {
      file_->stream().read(buffer.data(), static_cast<std::streamsize>(buffer.size()));
      if (file_->stream().bad()) { throw Error(ErrorCode::unavailable, "the file of the stream cannot be read"); }
      return static_cast<std::size_t>(file_->stream().gcount());
    }
    const std::string_view rest = source_.bytes().substr(at_);
    const std::size_t count = std::min(rest.size(), buffer.size());
    std::copy_n(rest.data(), count, buffer.data());
    at_ += count;
    return count;
  }

 private:
  struct Close {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };

  [[noreturn]] static void refuse_spooling(const char* verb) {
    const bool is_full = errno == ENOSPC || errno == EDQUOT || errno == EFBIG;
    throw Error(
        is_full ? ErrorCode::resource_exhausted : ErrorCode::unavailable,
        std::string("the temporary file for the stream cannot be ")
            .append(verb)
            .append(is_full ? ": its disk is full, or a limit of file sizes was reached; make room in " : ": see ")
            .append(P_tmpdir));
  }

  void make_spool() {
    errno = 0;
    spooled_.reset(std::tmpfile());
    if (!spooled_) { refuse_spooling("made"); }
    // No program that this process starts gets the stream.
    if (::fcntl(::fileno(spooled_.get()), F_SETFD, FD_CLOEXEC) != 0) { refuse_spooling("made"); }
    spooling_ = true;
  }
  /// Reads from the function.
  std::size_t spool(std::span<char> buffer) {
    const std::size_t count = source_.reader()(buffer);
    errno = 0;
    if (count != 0 && std::fwrite(buffer.data(), 1, count, spooled_.get()) != count) { refuse_spooling("written"); }
    at_ += count;
    if (count == 0) {
      if (std::fflush(spooled_.get()) != 0) { refuse_spooling("written"); }
      spooling_ = false;
    }
    return count;
  }
  void spool_rest() {
    std::vector<char> buffer(std::size_t{1} << 16U);
    while (spool(buffer) != 0) { context_.check(); }
  }

  const Source& source_;
  const Context& context_;
  std::unique_ptr<std::FILE, Close> spooled_{};
  bool spooling_ = false;  ///< the function has not come to its end
  std::optional<heddle::detail::files::PlainFile> file_{};
  std::size_t at_ = 0;
};

/// Reads a stream line by line, from its start, and computes its digest.
template <class Bytes>
class StreamLines {
 public:
  /// The longest line of a record is that of a result: its image in base64, and its description.
  explicit StreamLines(Bytes& bytes, std::size_t longest = 4 * limits::image)
      : bytes_(bytes), buffer_(std::size_t{1} << 17U), longest_(longest) {
    bytes_.rewind();
  }

  /// Reads the next line, without its end; returns false behind the last one. Throws `data_loss` if it has no end, or
  /// is longer than a record can be.
  [[nodiscard]] bool next(std::string& line) {
    line.clear();
    for (;;) {
      const std::string_view rest(buffer_.data() + at_, size_ - at_);
      const std::size_t end = rest.find('\n');
      line.append(rest, 0, end);
      if (line.size() > longest_) { refuse_line(number_ + 1, "is longer than any record"); }
      if (end != std::string_view::npos) {
        at_ += end + 1;
        ++number_;
        return true;
      }
      at_ = 0;
      size_ = bytes_.read(buffer_);
      if (size_ != 0) { continue; }
      if (!line.empty()) { refuse_line(number_ + 1, "has no end: the stream was cut"); }
      return false;
    }
  }
  /// Returns the number of the line that was read last, from 1.
  [[nodiscard]] std::int64_t number() const noexcept { return number_; }

  /// Adds a line to the digest of the whole stream. It is the same afterwards.
  void add(std::string& line) {
    line += '\n';
    whole_.update(line);
    line.pop_back();
  }
  /// Adds a line to both digests.
  void add_record(std::string& line) {
    line += '\n';
    whole_.update(line);
    records_.update(line);
    line.pop_back();
  }
  [[nodiscard]] std::string checksum() const { return whole_.hex(); }
  [[nodiscard]] std::string records_checksum() const { return records_.hex(); }

 private:
  Bytes& bytes_;
  std::vector<char> buffer_;
  std::size_t longest_;
  std::size_t at_ = 0;
  std::size_t size_ = 0;
  std::int64_t number_ = 0;
  heddle::detail::crypto::Sha256 whole_{};
  heddle::detail::crypto::Sha256 records_{};
};

}  // namespace heddle::transfer
