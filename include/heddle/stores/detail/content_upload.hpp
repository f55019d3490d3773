// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/detail/files/open_file.hpp"
#include "heddle/limits.hpp"
#include "heddle/model/artifact_version.hpp"
#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/stores/detail/content_cleanup.hpp"
#include "heddle/stores/detail/content_settings.hpp"
#include "heddle/stores/detail/content_type.hpp"
#include "heddle/stores/detail/open_folder.hpp"
#include "heddle/time.hpp"
#include "heddle/validation/text.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::stores::detail {

inline constexpr Refusal upload_was_swept{ErrorCode::unavailable, "the upload",
                                          "was swept while it was under way: sweep_orphans was called with an age that "
                                          "is shorter than a put takes; put it again"};
inline constexpr Refusal tenant_is_erased{ErrorCode::failed_precondition, "an erasure of this tenant",
                                          "has not ended: end it first"};
inline constexpr Refusal quota_exceeded{ErrorCode::resource_exhausted, "the quota of the tenant",
                                        "is exceeded: remove artifacts for good, or set a higher quota"};

/// The bytes of one chunk in a database, and of those that one transaction stores.
inline constexpr std::size_t chunk_bytes = std::size_t{1} << 20U;
inline constexpr std::size_t batch_bytes = 4 * chunk_bytes;
/// How often an upload that needs no transaction tells that it is under way.
inline constexpr std::chrono::seconds touch_interval{30};

/// The content of one put, on its way to the place where it will lie. Until `store` has run in a committed transaction,
/// no call sees it.
template <class Policy, class Passage>
class ContentUpload {
 public:
  ContentUpload(Passage& passage, const ContentSettings& settings)
      : passage_(passage),
        quota_(settings.quota_bytes == 0 ? std::nullopt : std::optional(settings.quota_bytes)),
        in_database_(settings.place == ArtifactContent::database ||
                     (settings.place == ArtifactContent::automatic && passage.artifact_directory().empty())) {}

  /// Reads the whole content. Throws `invalid_argument` if it is not what the caller said, `resource_exhausted` if it
  /// can never be within the quota.
  template <class Input>
  void read(Input&& input, const PutOptions& declared) {
    for (;;) {
      passage_.context().check();
      if (filled_ == batch_.size()) { grow(); }
      const std::size_t count = input.read(std::span(batch_).subspan(filled_));
      if (count == 0) { break; }
      add(count);
      check_size(declared.size_bytes);
    }
    checksum_ = digest_.hex();
    if (declared.size_bytes && *declared.size_bytes != size_) { refuse_size(); }
    if (!declared.checksum.empty() && declared.checksum != checksum_) {
      validation::refuse("options.checksum", "is not that of the content");
    }
    if (!in_database_) { finish_file(); }
  }

  [[nodiscard]] std::int64_t size() const noexcept { return size_; }
  [[nodiscard]] const std::string& checksum() const noexcept { return checksum_; }
  [[nodiscard]] std::string content_type() const { return content_type_of(std::string_view(start_)); }

  /// Runs the statements that keep an upload that is under way; before all others of the last transaction.
  template <class Transaction>
  void hold(Transaction& tx) const {
    if (begun_) { tx.require(upload_was_swept, statements_.touch, tx.user_id(), number_, now()); }
  }
  /// Stores the content in the last transaction. Returns a function that returns whether it is new.
  template <class Transaction>
  auto store(Transaction& tx) const {
    tx.run(statements_.keep, tx.user_id(), checksum_, size_, number_, in_database_);
    if (in_database_) {
      add_chunks([&](std::int64_t position, std::span<const std::byte> bytes) {
        tx.run(statements_.add_last_chunk, tx.user_id(), number_, position, bytes);
      });
    }
    if (begun_) {
      tx.run(statements_.complete, tx.user_id(), number_);
      tx.run(statements_.abandon, tx.user_id(), number_);
    }
    tx.require(quota_exceeded, statements_.within_quota, tx.user_id(), number_, quota_);
    return [kept = tx.one(statements_.number_of, tx.user_id(), checksum_), number = number_]() mutable {
      return kept() == number;
    };
  }

  /// Removes what the upload has left, unless it has become a content. Waits for a transaction in which it may become
  /// one. Never throws: `sweep_orphans` removes what stays.
  void discard() noexcept {
    if (!begun_) { return; }
    try {
      file_.reset();
      const Context context = cleanup_context();
      const auto write = [&](auto&& work) { return passage_.write_within(context, work); };
      const bool is_content = write([&](auto& tx) {
                                tx.run(statements_.abandon, tx.user_id(), number_);
                                return tx.one(statements_.exists, tx.user_id(), number_);
                              }).has_value();
      // Also if a sweep or an erasure has removed the row before there was a file.
      if (is_content) { return; }
      remove_upload<Policy>(write, passage_.artifact_directory(), passage_.user_id(), number_);
    } catch (...) { passage_.warn("an upload could not be removed: sweep_orphans will"); }
  }

 private:
  [[nodiscard]] static std::int64_t new_number() {
    std::array<std::byte, 8> bytes{};
    heddle::detail::crypto::fill_random(bytes);
    std::uint64_t number = 0;
    for (const std::byte byte : bytes) { number = number << 8U | std::to_integer<std::uint64_t>(byte); }
    return static_cast<std::int64_t>(number >> 1U);
  }

  [[noreturn]] static void refuse_size() { validation::refuse("options.size_bytes", "is not that of the content"); }

  /// Makes room for more bytes: a larger batch, or an empty one.
  void grow() {
    constexpr std::size_t first = std::size_t{1} << 16U;
    if (batch_.size() < batch_bytes) {
      batch_.resize(batch_.empty() ? first : std::min(4 * batch_.size(), batch_bytes));
    } else {
      flush();
    }
  }

  void add(std::size_t count) {
    const std::string_view bytes(batch_.data() + filled_, count);
    digest_.update(bytes);
    if (start_.size() < bytes_of_type) { start_.append(bytes.substr(0, bytes_of_type - start_.size())); }
    filled_ += count;
    size_ += static_cast<std::int64_t>(count);
    if (begun_ && Context::Clock::now() - touched_ >= touch_interval) { touch(); }
  }

  void check_size(const std::optional<std::int64_t>& declared) const {
    if (declared && size_ > *declared) { refuse_size(); }
    if (size_ > limits::content) {
      throw Error(ErrorCode::resource_exhausted,
                  "the content is longer than " + std::to_string(limits::content) + " bytes");
    }
    if (most_ && size_ > *most_) { throw quota_exceeded.error(); }
  }

  /// Stores what has been read, where it is no longer in memory.
  void flush() {
    if (in_database_) {
      const bool first = !begun_;
      begun_ = true;
      const auto usage = passage_.write([&](auto& tx) {
        begin_or_touch(tx, first);
        add_chunks([&](std::int64_t position, std::span<const std::byte> bytes) {
          tx.run(statements_.add_chunk, tx.user_id(), number_, position, bytes);
        });
        return tx.one(statements_.usage, tx.user_id());
      });
      learn_quota(usage);
      position_ += static_cast<std::int64_t>((filled_ + chunk_bytes - 1) / chunk_bytes);
    } else {
      if (!file_) { begin_file(); }
      file_->write({batch_.data(), filled_});
    }
    filled_ = 0;
  }

  template <class Transaction>
  void begin_or_touch(Transaction& tx, bool first) const {
    if (first) {
      tx.require(tenant_is_erased, statements_.begin, tx.user_id(), number_, now());
    } else {
      tx.require(upload_was_swept, statements_.touch, tx.user_id(), number_, now());
    }
  }

  void learn_quota(const std::optional<ContentUsage>& usage) {
    most_ = usage && usage->quota_bytes ? usage->quota_bytes : quota_;
    touched_ = Context::Clock::now();
  }

  void touch() {
    learn_quota(passage_.write([&](auto& tx) {
      begin_or_touch(tx, false);
      return tx.one(statements_.usage, tx.user_id());
    }));
  }

  template <class Add>
  void add_chunks(Add&& add) const {
    std::int64_t position = position_;
    const auto bytes = std::as_bytes(std::span(batch_).first(filled_));
    for (std::size_t at = 0; at < bytes.size(); at += chunk_bytes) {
      add(position++, bytes.subspan(at, std::min(chunk_bytes, bytes.size() - at)));
    }
  }

  /// The row comes before the file, so that a file without a row belongs to no upload.
  void begin_file() {
    begun_ = true;
    learn_quota(passage_.write([&](auto& tx) {
      begin_or_touch(tx, true);
      return tx.one(statements_.usage, tx.user_id());
    }));
    folder_.emplace(ArtifactFiles(passage_.artifact_directory()).make_contents(passage_.user_id()));
    file_.emplace(folder_->make_file(upload_file_name(number_)));
  }

  void finish_file() {
    // The quota is for the last transaction, after what else refuses the call: as where the database has the bytes.
    flush();
    file_->sync();
    file_.reset();
    folder_->rename(upload_file_name(number_), content_file_name(number_));
    folder_->sync();
  }

  Passage& passage_;
  std::optional<std::int64_t> quota_;
  bool in_database_;
  const typename Policy::Dialect::Contents& statements_ = content_statements<Policy>();
  std::int64_t number_ = new_number();
  bool begun_ = false;  ///< there is, or can be, a row of the upload
  std::vector<char> batch_{};
  std::size_t filled_ = 0;
  std::int64_t position_ = 0;  ///< of the next chunk
  std::int64_t size_ = 0;
  std::string start_{};
  heddle::detail::crypto::Sha256 digest_{};
  std::string checksum_{};
  std::optional<std::int64_t> most_{};  ///< the quota of the tenant, when it is known
  Context::Clock::time_point touched_{};
  std::optional<OpenFolder> folder_{};
  std::optional<heddle::detail::files::OpenFile> file_{};
};

}  // namespace heddle::stores::detail
