// Private: may change in every version; public headers include it where it is needed.
#pragma once

// For builds with HEDDLE_WITH_LIBMAGIC only: others have neither the library nor its header.
#ifdef HEDDLE_WITH_LIBMAGIC

#include <magic.h>

#include <algorithm>
#include <cstddef>
#include <mutex>
#include <string>
#include <string_view>

namespace heddle::stores::detail {

/// libmagic with its rules, loaded once for the process. Safe to use from many threads, one after the other: a handle
/// of libmagic serves one call at a time.
class Magic {
 public:
  /// Never destroyed: a thread can put a content while the process ends.
  static Magic& shared() {
    static auto* const magic = new Magic;
    return *magic;
  }
  Magic(const Magic&) = delete;
  Magic& operator=(const Magic&) = delete;
  Magic(Magic&&) = delete;
  Magic& operator=(Magic&&) = delete;

  /// Returns the content type of the first bytes of a content; empty if libmagic knows none.
  [[nodiscard]] std::string type_of(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    const char* const found = handle_ == nullptr ? nullptr : magic_buffer(handle_, bytes.data(), bytes.size());
    // Without rules of the system it can be a message, or text of a rule.
    const std::string_view type = found == nullptr ? std::string_view() : found;
    const bool is_type = type.size() <= longest && type.find('/') != std::string_view::npos &&
                         std::ranges::all_of(type, [](char each) { return each > ' ' && each <= '~'; });
    return is_type && type != "application/octet-stream" ? std::string(type) : std::string();
  }

 private:
  static constexpr std::size_t longest = 127;

  Magic() : handle_(magic_open(MAGIC_MIME_TYPE)) {
    if (handle_ != nullptr && magic_load(handle_, nullptr) != 0) {
      magic_close(handle_);
      handle_ = nullptr;
    }
  }
  ~Magic() = default;

  std::mutex mutex_;
  magic_t handle_;
};

}  // namespace heddle::stores::detail

#endif
