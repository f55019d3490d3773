// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/adoption/columns.hpp"
#include "heddle/adoption/notes.hpp"
#include "heddle/adoption/raw_json.hpp"
#include "heddle/adoption/row_text.hpp"
#include "heddle/adoption/source_table.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/model/table.hpp"
#include "heddle/repair_text.hpp"
#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/preview.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/time.hpp"
#include "heddle/transfer/record_types.hpp"
#include "heddle/transfer/rows.hpp"
#include "heddle/transfer/stream_writer.hpp"
#include "heddle/validation/json_check.hpp"
#include "heddle/validation/text.hpp"
#include "heddle/validation/time_range.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace heddle::adoption {

/// The stored results of a tenant: each has a row that describes it and a table of its own.
template <class Source>
class Results {
 public:
  Results(Source& source, const std::vector<SourceTable>& tables, const SourceTable& described,
          const std::string& tenant, Notes& notes)
      : source_(source), tables_(tables), described_(described), tenant_(tenant), notes_(notes) {}

  void write(transfer::StreamWriter& out) {
    if (described_.columns.empty()) { return; }
    std::vector<Described> all;
    source_.each("SELECT " + select_list<Source>(described_, known::sql_result_metadata) + " FROM " +
                     source_.name_of("sql_result_metadata") + " WHERE " + Source::of_tenant("") + " ORDER BY " +
                     Source::byte_order("id"),
                 {tenant_}, [&](const auto& row) {
                   Columns columns(row, "sql_result_metadata", known::sql_result_metadata, notes_);
                   Described& next = all.emplace_back();
                   next.row.id = columns.id();
                   static_cast<void>(columns.id());  // the name of the table
                   next.columns = columns.json();
                   next.row.stored_at = columns.time();
                   next.row.accessed_at = columns.time();
                 });
    // Moved, so that only one image is in memory.
    for (Described& each : all) { write_result(out, std::move(each)); }
  }

 private:
  struct Described {
    transfer::ResultRow row{};
    std::string columns{};
  };

  void write_result(transfer::StreamWriter& out, Described described) {
    transfer::ResultRow& row = described.row;
    row.table_name = result_table(row.id);
    const auto found = std::find_if(tables_.begin(), tables_.end(),
                                    [&](const SourceTable& table) { return table.name == row.table_name; });
    // A name that the server of the source cuts is that of other results, too.
    if (!is_usable_id(row.id) || found == tables_.end() || row.table_name.size() > Source::longest_name) {
      notes_.leave_out("sql_result_metadata", "", "the result has no table of its own, or an id that cannot be stored");
      return;
    }
    const Table table = read(*found, described.columns);
    try {
      row.image = sealed_query::build_image(row.table_name, table);
    } catch (const Error& refusal) {
      notes_.leave_out("sql_result_metadata", "", std::string("cannot be a result of Heddle: ") + refusal.what());
      return;
    }
    constexpr std::chrono::microseconds life = std::chrono::hours(24 * 36525);  // the longest that a result can have
    row.row_count = static_cast<std::int64_t>(table.rows.size());
    row.column_count = static_cast<std::int64_t>(table.columns.size());
    row.columns = transfer::JsonColumn{sql::json::encode(table.columns)};
    row.preview = transfer::JsonColumn{sql::json::encode(sealed_query::preview(table))};
    row.expires_at = std::min(row.stored_at + life.count(), microseconds_of(validation::end_of_times) - 1);
    row.size_bytes = static_cast<std::int64_t>(row.image.size());
    row.checksum = heddle::detail::crypto::sha256_hex(row.image);
    append_row(out.begin(transfer::RecordType::result), row);
    out.end();
  }

  /// The columns have the names that the result had, not those that the source made of them for SQL.
  [[nodiscard]] Table read(const SourceTable& table, const std::string& names) {
    Table result{table.columns, {}};
    if (names.starts_with('[') && validation::is_json(names)) {
      std::vector<std::string> given;
      for_each_element(names, [&](std::string_view value) { given.push_back(json_text(value)); });
      if (given.size() == table.columns.size()) { result.columns = std::move(given); }
    }
    std::string list;
    for (const std::string& column : table.columns) {
      list.append(list.empty() ? "" : ", ").append(Source::cell(column));
    }
    source_.each("SELECT " + list + " FROM " + source_.name_of(table.name), {}, [&](const auto& row) {
      std::vector<Cell>& cells = result.rows.emplace_back();
      for (std::size_t at = 0; at < table.columns.size(); ++at) {
        cells.push_back(row.cell(static_cast<int>(at)));
        auto* const text = std::get_if<std::string>(&cells.back());
        if (text == nullptr || validation::is_clean_utf8(*text)) { continue; }
        *text = repair_text(*text);
        notes_.change("sql_result_metadata", "",
                      "a cell of a result was no UTF-8 without NUL: U+FFFD stands in the place of each such byte");
      }
    });
    return result;
  }

  Source& source_;
  const std::vector<SourceTable>& tables_;
  const SourceTable& described_;
  const std::string& tenant_;
  Notes& notes_;
};

}  // namespace heddle::adoption
