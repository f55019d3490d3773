// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/model/user_transfer.hpp"
#include "heddle/reflection/enum_names.hpp"
#include "heddle/transfer/line_fields.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/record_writer.hpp"
#include "heddle/transfer/stream_checks.hpp"
#include "heddle/transfer/stream_reader.hpp"
#include "heddle/transfer/stream_writer.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace heddle::transfer {

/// Gives records their types and places, in the order of the lines.
class RecordOrder {
 public:
  /// Throws `data_loss` for a type that is unknown or does not come behind the types before.
  [[nodiscard]] Record next(std::string line, std::int64_t number) {
    constexpr std::string_view start = R"({"type":")";
    const std::string_view text(line);
    const std::size_t end = text.find('"', start.size());
    if (!text.starts_with(start) || end == std::string_view::npos) {
      refuse_line(number, "does not begin with a type");
    }
    const auto type = parse_enum<RecordType>(text.substr(start.size(), end - start.size()));
    if (!type) { refuse_line(number, "has an unknown type"); }
    const bool chunk_before_content = last_ == RecordType::content_chunk && *type == RecordType::content;
    if (*type == RecordType::header || (*type < last_ && !chunk_before_content)) {
      refuse_line(number, "is not in its place");
    }
    last_ = *type;
    const std::int64_t place = ++places_[static_cast<std::size_t>(*type)];
    const auto contents = places_[static_cast<std::size_t>(RecordType::content)];
    return {*type, number, place, *type == RecordType::content_chunk ? contents : 0, std::move(line), false};
  }
  [[nodiscard]] std::int64_t count(RecordType type) const noexcept { return places_[static_cast<std::size_t>(type)]; }

 private:
  RecordType last_ = RecordType::header;
  std::array<std::int64_t, record_types> places_{};
};

/// What the first and the last line of a stream say, and what was counted in between.
struct StreamSummary {
  std::string tenant{};
  std::int64_t schema = 0;
  std::int64_t lines = 0;
  ImportReport report{};
};

/// Compares what a trailer says with what was read.
template <class Fields>
void check_trailer(Fields& fields, const RecordOrder& order, const std::string& checksum, const std::string& records,
                   ImportReport& report) {
  static_cast<void>(fields.template get<Text>("type"));
  const auto counts = fields.template get<JsonColumn>("counts").text;
  Fields named;
  named.parse(counts, fields.number());
  for (std::size_t index = 1; index + 1 < record_types; ++index) {
    const auto type = static_cast<RecordType>(index);
    Integer count = 0;
    named.find(to_string(type), count);
    if (count != order.count(type)) { fields.refuse("counts other records than the stream has"); }
    if (count != 0) { report.counts.emplace(std::string(to_string(type)), count); }
  }
  named.require_end();
  if (fields.template get<Text>("records_sha256") != records || fields.template get<Text>("sha256") != checksum) {
    fields.refuse("has another digest than the lines before it");
  }
  fields.require_end();
  report.checksum = checksum;
  report.records_checksum = records;
}

/// Reads a stream from its start to its end. Throws `data_loss` with the number of the line for anything that an export
/// does not write, and `failed_precondition` for a form that is newer than this program.
template <class Sql, class Lines>
[[nodiscard]] StreamSummary verify(Lines& lines) {
  StreamSummary summary;
  LineFields fields;
  std::string line;
  if (!lines.next(line)) { refuse_line(1, "is missing: there is no header"); }
  fields.parse(line, 1);
  if (fields.get<Text>("type") != "header") { fields.refuse("is no header"); }
  if (fields.get<Integer>("format") != stream_format) {
    throw Error(ErrorCode::failed_precondition, "the stream has a format that this version does not know");
  }
  summary.schema = fields.get<Integer>("schema");
  summary.tenant = fields.get<Text>("tenant");
  static_cast<void>(fields.get<Integer>("time"));
  fields.require_end();
  lines.add(line);

  RecordOrder order;
  NoTransaction nothing;
  StreamChecks checks(fields);
  RecordWriter<Sql, NoTransaction, StreamChecks> check(nothing, fields, checks, true);
  while (lines.next(line)) {
    const std::string checksum = line.starts_with(R"({"type":"trailer")") ? lines.checksum() : std::string();
    const std::string records = checksum.empty() ? std::string() : lines.records_checksum();
    lines.add_record(line);
    Record record = order.next(std::move(line), lines.number());
    line.clear();
    if (record.type != RecordType::trailer) {
      check(record);
      ++summary.report.records;
      continue;
    }
    checks.end();
    fields.parse(record.text, record.line);
    check_trailer(fields, order, checksum, records, summary.report);
    summary.lines = lines.number();
    if (lines.next(line)) { refuse_line(lines.number(), "stands behind the trailer"); }
    return summary;
  }
  refuse_line(lines.number() + 1, "is missing: there is no trailer");
}

}  // namespace heddle::transfer
