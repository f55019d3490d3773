// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/error.hpp"
#include "heddle/model/artifact_reader.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/operation.hpp"
#include "heddle/refusal.hpp"
#include "heddle/sql/content_rows.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

inline constexpr Refusal no_such_file{ErrorCode::not_found, "the file of the artifact",
                                      "does not exist, or its path leads out of the tenant's artifact folder"};
inline constexpr Refusal content_removed{ErrorCode::not_found, "the content", "was removed while it was read"};

/// Reads a stored content from its start to its end, and compares size and checksum there.
template <class Policy>
class ContentCursor {
 public:
  /// Opens the file if the content lies in one. Throws `not_found` if the artifact has a path only, and it leads to no
  /// file of the tenant.
  template <class Passage>
  ContentCursor(Passage& passage, const sql::StoredVersion& row)
      : version_(version_of(row)), number_(row.number), in_database_(row.in_database) {
    const ArtifactFiles files(passage.artifact_directory());
    if (version_.version == 0) {
      file_ = files.find_file(passage.user_id(), row.path);
      if (!file_) { throw no_such_file.of(version_.artifact_id).error(); }
    } else if (!in_database_) {
      if (const auto folder = files.contents(passage.user_id())) {
        file_ = folder->find_file(content_file_name(number_));
      }
    }
  }

  [[nodiscard]] const ArtifactVersion& version() const noexcept { return version_; }
  /// What the reads have found so far.
  [[nodiscard]] ContentState state() const noexcept { return state_; }

  /// Copies the next bytes to the buffer and returns how many; 0 at the end. Throws `data_loss` if something is wrong.
  template <class Passage>
  std::size_t next(Passage& passage, std::span<char> buffer) {
    if (state_ != ContentState::intact) { refuse(state_); }
    if (ended_) { return 0; }
    const std::size_t count = in_database_ ? next_of_chunks(passage, buffer) : next_of_file(passage, buffer);
    digest_.update(std::string_view(buffer.data(), count));
    read_ += static_cast<std::int64_t>(count);
    if (knows_size() && read_ > version_.size_bytes) { refuse(ContentState::damaged); }
    if (count == 0) { check_end(); }
    return count;
  }

 private:
  [[noreturn]] void refuse(ContentState state) {
    state_ = state;
    throw Error(ErrorCode::data_loss, state == ContentState::missing
                                          ? "bytes of the artifact's content are missing"
                                          : "the artifact's content is damaged: size or checksum do not match");
  }

  /// The description of a file that is not Heddle's need not say it.
  [[nodiscard]] bool knows_size() const noexcept {
    return version_.version != 0 || version_.size_bytes != 0 || !version_.checksum.empty();
  }

  void check_end() {
    ended_ = true;
    if (knows_size() && read_ < version_.size_bytes) { refuse(ContentState::missing); }
    if (!version_.checksum.empty() && digest_.hex() != version_.checksum) { refuse(ContentState::damaged); }
  }

  template <class Passage>
  std::size_t next_of_file(Passage& passage, std::span<char> buffer) {
    if (!file_) {
      require_content(passage);
      refuse(ContentState::missing);
    }
    return file_->read(buffer);
  }

  template <class Passage>
  std::size_t next_of_chunks(Passage& passage, std::span<char> buffer) {
    if (at_ == chunk_.size()) {
      if (read_ == version_.size_bytes) { return 0; }
      fetch(passage);
    }
    const std::size_t count = std::min(buffer.size(), chunk_.size() - at_);
    std::copy_n(reinterpret_cast<const char*>(chunk_.data()) + at_, count, buffer.begin());
    at_ += count;
    return count;
  }

  template <class Passage>
  void fetch(Passage& passage) {
    const auto& statements = content_statements<Policy>();
    auto found = passage.read([&](auto& tx) { return tx.one(statements.chunk, tx.user_id(), number_, position_); });
    if (!found || found->empty()) {
      require_content(passage);
      refuse(ContentState::missing);
    }
    chunk_ = std::move(*found);
    at_ = 0;
    ++position_;
  }

  /// Missing bytes are damage only if the content was not removed.
  template <class Passage>
  void require_content(Passage& passage) {
    const auto found =
        passage.read([&](auto& tx) { return tx.one(content_statements<Policy>().exists, tx.user_id(), number_); });
    if (!found) { throw content_removed.error(); }
  }

  ArtifactVersion version_;
  std::int64_t number_;
  bool in_database_;
  std::optional<heddle::detail::files::OpenFile> file_{};
  std::vector<std::byte> chunk_{};
  std::size_t at_ = 0;         ///< in the chunk
  std::int64_t position_ = 0;  ///< of the next chunk
  std::int64_t read_ = 0;
  heddle::detail::crypto::Sha256 digest_{};
  ContentState state_ = ContentState::intact;
  bool ended_ = false;
};

/// The cursor of an open artifact; each read is an operation of the backend.
template <class Policy, class Gateway>
class OpenContent final : public ArtifactReader::Source {
 public:
  OpenContent(Gateway& gateway, Context context, ContentCursor<Policy>&& cursor)
      : gateway_(gateway), context_(std::move(context)), cursor_(std::move(cursor)) {}

  [[nodiscard]] const ArtifactVersion& version() const noexcept override { return cursor_.version(); }
  std::size_t read(std::span<char> buffer) override {
    return gateway_.run(context_, Operation::read_artifact, [&](auto& passage) {
      if (buffer.empty()) { validation::refuse("buffer", "must not be empty"); }
      return cursor_.next(passage, buffer);
    });
  }

 private:
  Gateway& gateway_;
  Context context_;
  ContentCursor<Policy> cursor_;
};

}  // namespace heddle::stores::detail
