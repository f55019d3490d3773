// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/model/backup.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::backups {

/// Passes the progress of the stages on, and ends the call when its context says so.
class Progress {
 public:
  /// Both must outlive it.
  Progress(const Context& context, const BackupObserver& observer) : context_(context), observer_(observer) {}

  /// Begins a stage.
  void begin(BackupStage stage, std::int64_t total_bytes) {
    progress_ = {stage, 0, total_bytes};
    report();
  }
  /// Adds bytes to what the stage has done.
  void add(std::int64_t bytes) { reach(progress_.bytes + bytes, progress_.total_bytes); }
  /// Adds bytes to what is to be done.
  void expect(std::int64_t bytes) { progress_.total_bytes += bytes; }
  /// Sets what the stage has done, and what is to be done.
  void reach(std::int64_t bytes, std::int64_t total_bytes) {
    context_.check();
    progress_.bytes = std::max(progress_.bytes, bytes);
    progress_.total_bytes = std::max({progress_.total_bytes, total_bytes, progress_.bytes});
    report();
  }
  [[nodiscard]] const Context& context() const noexcept { return context_; }

 private:
  void report() const {
    if (observer_) { observer_(progress_); }
  }

  const Context& context_;
  const BackupObserver& observer_;
  BackupProgress progress_{};
};

/// What was read of a file.
struct Digest {
  std::string checksum{};
  std::int64_t bytes = 0;

  friend bool operator==(const Digest&, const Digest&) = default;
};

/// Whether what is read is part of what the stage has to do.
enum class Counted : bool { no, yes };

/// Reads a file to its end, and calls `take(bytes)` for each piece of it.
template <class Take>
[[nodiscard]] Digest read_all(detail::files::OpenFile& file, Progress& progress, Counted counted, Take&& take) {
  constexpr std::size_t piece = std::size_t{1} << 18U;
  std::vector<char> buffer(piece);
  detail::crypto::Sha256 digest;
  Digest found;
  for (std::size_t count = file.read(buffer); count != 0; count = file.read(buffer)) {
    const std::string_view bytes(buffer.data(), count);
    digest.update(bytes);
    take(bytes);
    found.bytes += static_cast<std::int64_t>(count);
    progress.add(counted == Counted::yes ? static_cast<std::int64_t>(count) : 0);
  }
  found.checksum = digest.hex();
  return found;
}

/// The same for a file of which only the digest is wanted.
[[nodiscard]] inline Digest digest_of(detail::files::OpenFile& file, Progress& progress, Counted counted) {
  return read_all(file, progress, counted, [](std::string_view /*bytes*/) {});
}

}  // namespace heddle::sqlite::backups
