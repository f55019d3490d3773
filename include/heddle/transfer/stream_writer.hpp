// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/record_types.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace heddle::transfer {

/// The version of the form of streams.
inline constexpr std::int64_t stream_format = 1;

/// Writes the lines of a stream into one buffer, which goes to the sink when it is full, and computes the digests.
/// Without a sink it only computes that of the records.
class StreamWriter {
 public:
  explicit StreamWriter(const ExportSink& sink) : sink_(sink) { buffer_.reserve(2 * full); }

  void header(std::string_view tenant, std::int64_t schema, Timestamp time) {
    std::string& text = begin(RecordType::header);
    text += ",\"format\":";
    append_number(text, stream_format);
    text += ",\"schema\":";
    append_number(text, schema);
    text += ",\"tenant\":";
    append_text(text, tenant);
    text += ",\"time\":";
    append_number(text, microseconds_of(time));
    text += "}\n";
    give();
  }

  /// Begins a record and returns the text to which its fields are appended.
  [[nodiscard]] std::string& begin(RecordType type) {
    ++counts_[static_cast<std::size_t>(type)];
    buffer_.append(R"({"type":")").append(to_string(type)).append("\"");
    return buffer_;
  }
  void end() {
    buffer_ += "}\n";
    if (buffer_.size() >= full) { flush(); }
  }

  ExportReport trailer() {
    flush();
    ExportReport report;
    if (sink_) { report.checksum = whole_.hex(); }
    report.records_checksum = records_.hex();
    std::string counts;
    for (std::size_t type = 1; type + 1 < record_types; ++type) {
      if (counts_[type] == 0) { continue; }
      const std::string_view name = to_string(static_cast<RecordType>(type));
      counts.append(counts.empty() ? "\"" : ",\"").append(name).append("\":");
      append_number(counts, counts_[type]);
      report.counts.emplace(name, counts_[type]);
      report.records += counts_[type];
    }
    buffer_.append(R"({"type":"trailer","counts":{)").append(counts).append(R"(},"records_sha256":")");
    buffer_.append(report.records_checksum).append(R"(","sha256":")").append(report.checksum).append("\"}\n");
    give();
    report.bytes = bytes_;
    return report;
  }

 private:
  static constexpr std::size_t full = std::size_t{1} << 18U;

  void flush() {
    if (buffer_.empty()) { return; }
    records_.update(buffer_);
    give();
  }
  void give() {
    if (sink_) {
      whole_.update(buffer_);
      sink_(buffer_);
      bytes_ += static_cast<std::int64_t>(buffer_.size());
    }
    buffer_.clear();
  }

  const ExportSink& sink_;
  std::string buffer_;
  heddle::detail::crypto::Sha256 whole_;
  heddle::detail::crypto::Sha256 records_;
  std::array<std::int64_t, record_types> counts_{};
  std::int64_t bytes_ = 0;
};

}  // namespace heddle::transfer
