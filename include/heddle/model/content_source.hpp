#pragma once

#include <concepts>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <span>
#include <string_view>
#include <utility>

namespace heddle {

/// Fills the buffer with the next bytes of a content and returns how many; 0 at the end. The buffer is not empty. What
/// it throws leaves the call that reads.
using ContentReader = std::function<std::size_t(std::span<char> buffer)>;

/// The content that a put stores: bytes, a function that reads them piece by piece, or a file. Made implicitly of each
/// of them. Refers to bytes, which must exist until the put returns. A text is bytes, never a path: name a file by a
/// `std::filesystem::path`.
class ContentSource {
 public:
  /// These bytes.
  template <std::convertible_to<std::string_view> Text>
    requires(!std::same_as<Text, std::filesystem::path>)
  ContentSource(const Text& bytes)
  noexcept  // NOLINT(google-explicit-constructor)
      : bytes_(bytes) {}
  /// These bytes.
  ContentSource(std::span<const std::byte> bytes) noexcept  // NOLINT(google-explicit-constructor)
      : bytes_(reinterpret_cast<const char*>(bytes.data()), bytes.size()) {}
  /// The bytes of this file. A relative path starts at the working folder of the process. The path is the program's
  /// own: it is not confined to the folder of a tenant.
  ContentSource(std::filesystem::path file)  // NOLINT(google-explicit-constructor)
      : file_(std::move(file)), kind_(Kind::file) {}
  /// The bytes that this function reads.
  template <class Reader>
    requires(std::constructible_from<ContentReader, Reader> && !std::convertible_to<Reader, std::string_view>)
  ContentSource(Reader reader)  // NOLINT(google-explicit-constructor)
      : reader_(std::move(reader)), kind_(Kind::reader) {}

  /// What kind of content it is.
  enum class Kind { bytes, reader, file };

  /// Returns the kind.
  [[nodiscard]] Kind kind() const noexcept { return kind_; }
  /// Returns the bytes; empty for another kind.
  [[nodiscard]] std::string_view bytes() const noexcept { return bytes_; }
  /// Returns the file; empty for another kind.
  [[nodiscard]] const std::filesystem::path& file() const noexcept { return file_; }
  /// Returns the function; empty for another kind.
  [[nodiscard]] const ContentReader& reader() const noexcept { return reader_; }

 private:
  std::string_view bytes_{};
  std::filesystem::path file_{};
  ContentReader reader_{};
  Kind kind_ = Kind::bytes;
};

}  // namespace heddle
