// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/stores/detail/open_folder.hpp"

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

/// The text files of a backup, and what they have in common.
namespace heddle::sqlite::backups {

/// Throws the error for a backup that is not as it was written.
[[noreturn]] inline void refuse_damaged(const std::string& what) {
  throw Error(ErrorCode::data_loss, "the backup is damaged: " + what);
}

/// Returns a number in decimal digits; nothing for another text, and for a negative number.
[[nodiscard]] inline std::optional<std::int64_t> number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto end = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || end.ec != std::errc() || end.ptr != text.data() + text.size() || number < 0) {
    return std::nullopt;
  }
  return number;
}

/// Returns true for a SHA-256 in the form of `Sha256::hex`.
[[nodiscard]] inline bool is_checksum(std::string_view text) {
  constexpr std::size_t digits = 64;
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

/// Reverses `percent_encode`; nothing for a text that it does not write.
[[nodiscard]] inline std::optional<std::string> percent_decode(std::string_view encoded) {
  std::string text;
  for (std::size_t at = 0; at < encoded.size(); ++at) {
    if (encoded[at] != '%') {
      text += encoded[at];
      continue;
    }
    unsigned value = 0;
    if (at + 2 >= encoded.size()) { return std::nullopt; }
    const auto end = std::from_chars(encoded.data() + at + 1, encoded.data() + at + 3, value, 16);
    if (end.ptr != encoded.data() + at + 3) { return std::nullopt; }
    text += static_cast<char>(value);
    at += 2;
  }
  return text;
}

/// Returns the text before the separator, which it removes from `text` with it; all of it if there is none.
[[nodiscard]] inline std::string_view take_until(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view taken = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  return taken;
}

/// Writes a new file line by line.
class TextWriter {
 public:
  TextWriter(const stores::detail::OpenFolder& folder, const std::string& name) : file_(folder.make_file(name)) {}

  void line(std::string_view text) {
    buffer_.append(text).append(1, '\n');
    constexpr std::size_t enough = std::size_t{1} << 16U;
    if (buffer_.size() >= enough) { flush(); }
  }
  /// Returns when all lines are on the disk: their SHA-256. To be called once, at the end.
  [[nodiscard]] std::string finish() {
    flush();
    file_.sync();
    return digest_.hex();
  }

 private:
  void flush() {
    digest_.update(buffer_);
    file_.write(buffer_);
    buffer_.clear();
  }

  detail::files::OpenFile file_;
  detail::crypto::Sha256 digest_{};
  std::string buffer_{};
};

/// Reads a file line by line.
class TextReader {
 public:
  explicit TextReader(detail::files::OpenFile&& file) : file_(std::move(file)), buffer_(std::size_t{1} << 16U) {}

  /// Returns the next line without its end; nothing at the end of the file. Throws `data_loss` if the last line has no
  /// end, or a line is longer than any that is written.
  [[nodiscard]] std::optional<std::string> next() {
    constexpr std::size_t longest = std::size_t{1} << 20U;
    std::string line;
    for (;;) {
      const std::string_view rest(buffer_.data() + at_, filled_ - at_);
      const std::size_t end = rest.find('\n');
      if (end != std::string_view::npos) {
        line.append(rest.substr(0, end));
        at_ += end + 1;
        return line;
      }
      line.append(rest);
      at_ = 0;
      filled_ = file_.read(buffer_);
      digest_.update(std::string_view(buffer_.data(), filled_));
      if (filled_ == 0 && line.empty()) { return std::nullopt; }
      if (filled_ == 0 || line.size() > longest) { refuse_damaged("a line of a text file is cut or too long"); }
    }
  }
  /// Returns the SHA-256 of the file. Precondition: it has been read to its end.
  [[nodiscard]] std::string checksum() const { return digest_.hex(); }

 private:
  detail::files::OpenFile file_;
  std::vector<char> buffer_;
  std::size_t at_ = 0;
  std::size_t filled_ = 0;
  detail::crypto::Sha256 digest_{};
};

}  // namespace heddle::sqlite::backups
