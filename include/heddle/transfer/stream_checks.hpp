// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/limits.hpp"
#include "heddle/stores/detail/content_upload.hpp"
#include "heddle/transfer/line_fields.hpp"
#include "heddle/transfer/row_checks.hpp"
#include "heddle/transfer/rows.hpp"

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace heddle::transfer {

/// A content whose chunks are being read.
struct BegunContent {
  ContentRow row{};
  std::int64_t line = 0;
  std::int64_t chunks = 0;
  std::int64_t size = 0;
  heddle::detail::crypto::Sha256 digest{};
};

/// What the records of a stream must be to one another, besides RowChecks. Keeps some bytes for each branch and
/// content.
class StreamChecks : public RowChecks {
 public:
  explicit StreamChecks(const LineFields& fields) : RowChecks(fields) {}

  template <class Row>
  void operator()(const Row& row) {
    RowChecks::operator()(row);
    if constexpr (!std::same_as<Row, ContentChunkRow>) { end_content(); }
    note(row);
  }
  /// Behind the last record.
  void end() { end_content(); }

  /// All segments of one source start at the first message that it wrote, and only the own one has no end.
  void segment(std::int64_t branch, std::int64_t source, const SegmentRow& row) const {
    static_cast<void>(written_by(branch));
    const Written written = written_by(source);
    const std::int64_t last = branch == source ? limits::sequence : written.last;
    if (row.first_sequence != written.first || row.last_sequence > last) {
      fields().refuse("has messages that its source has not written");
    }
  }
  void fold(std::int64_t branch, std::optional<std::int64_t> summary) const {
    static_cast<void>(written_by(branch));
    if (summary && (*summary < 1 || *summary > summaries_)) { fields().refuse("refers to a summary that is missing"); }
  }

 private:
  /// Sequences that a branch may have written.
  struct Written {
    std::int32_t first = 0;
    std::int32_t last = 0;
  };

  [[nodiscard]] Written written_by(std::int64_t branch) const {
    if (branch < 1 || branch > static_cast<std::int64_t>(branches_.size())) {
      fields().refuse("refers to a branch that is missing");
    }
    return branches_[static_cast<std::size_t>(branch - 1)];
  }

  template <class Row>
  void note(const Row& /*row*/) const noexcept {}
  void note(const BranchRow& row) {
    branches_.push_back({static_cast<std::int32_t>(row.first_sequence),
                         static_cast<std::int32_t>(row.last_sequence.value_or(limits::sequence))});
  }
  void note(const SummaryRow& /*row*/) noexcept { ++summaries_; }
  void note(const MessagePlace& place) const {
    if (place.sequence < written_by(place.branch).first) {
      fields().refuse("has a sequence before those that its branch wrote");
    }
  }

  void note(const ContentRow& row) {
    sizes_.emplace(row.checksum, row.size_bytes);
    content_.emplace();
    content_->row = row;
    content_->line = fields().number();
  }
  void note(const ContentChunkRow& row) {
    if (!content_ || row.position != content_->chunks || row.bytes.empty() ||
        row.bytes.size() > stores::detail::chunk_bytes) {
      fields().refuse("is not the next chunk of a content");
    }
    ++content_->chunks;
    content_->size += static_cast<std::int64_t>(row.bytes.size());
    content_->digest.update(row.bytes);
  }
  void note(const VersionRow& row) const {
    const auto size = sizes_.find(row.checksum);
    if (size == sizes_.end()) { fields().refuse("refers to a content that is missing"); }
    if (size->second != row.size_bytes) { fields().refuse("has another size than its content"); }
  }
  void end_content() {
    if (!content_) { return; }
    if (content_->size != content_->row.size_bytes || content_->digest.hex() != content_->row.checksum) {
      refuse_line(content_->line, "has another size or digest than its chunks");
    }
    content_.reset();
  }

  std::optional<BegunContent> content_{};
  std::unordered_map<std::string, std::int64_t> sizes_{};  ///< of contents, by checksum
  std::vector<Written> branches_{};
  std::int64_t summaries_ = 0;
};

}  // namespace heddle::transfer
