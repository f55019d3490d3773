#pragma once

#include "heddle/model/table.hpp"
#include "heddle/validation/is_finite.hpp"
#include "heddle/validation/text.hpp"

#include <array>
#include <charconv>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

/// @file
/// Tables as text, for people and other programs: CSV and JSON lines. Each function writes to `out`, a callable that
/// takes a `std::string_view` or a stream, row by row; what `out` throws ends it.
namespace heddle {

/// How a null is written in CSV.
struct CsvOptions {
  /// Without quotation marks. Empty: a table with one column then has empty lines, which some readers skip.
  std::string null{};
};

namespace table_text {

/// Passes a text to a callable or a stream.
template <class Out>
void put(Out& out, std::string_view text) {
  if constexpr (std::invocable<Out&, std::string_view>) {
    out(text);
  } else {
    out << text;
  }
}

/// Appends a number with every digit that it needs to be read back as the same, and a point or an exponent, so that it
/// is not read as an integer.
inline void append_real(std::string& line, double number) {
  if (!validation::is_finite(number)) { validation::refuse("table", "has a number that is infinite or none"); }
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));
  line += text;
  if (text.find_first_of(".e") == std::string_view::npos) { line += ".0"; }
}

/// Appends a text of CSV: in quotation marks where it has to be, or where it could be taken for a null.
inline void append_csv_text(std::string& line, std::string_view text, std::string_view null) {
  if (text != null && !text.empty() && text.find_first_of(",\"\r\n") == std::string_view::npos) {
    line += text;
    return;
  }
  line += '"';
  for (const char each : text) {
    if (each == '"') { line += '"'; }
    line += each;
  }
  line += '"';
}

/// Appends a text of JSON. Throws `invalid_argument` for a text that is not UTF-8 without NUL.
inline void append_json_text(std::string& line, std::string_view text) {
  if (!validation::is_clean_utf8(text)) {
    validation::refuse("table", "has a text that is not UTF-8 without NUL: heddle::repair_text makes it so");
  }
  line += '"';
  for (const char each : text) {
    constexpr std::string_view hexadecimal = "0123456789abcdef";
    constexpr unsigned char first_printable = 0x20;
    const auto byte = static_cast<unsigned char>(each);
    if (each == '"' || each == '\\') {
      line.append(1, '\\').append(1, each);
    } else if (each == '\n') {
      line += "\\n";
    } else if (byte < first_printable) {
      line.append("\\u00").append(1, hexadecimal[byte >> 4U]).append(1, hexadecimal[byte & 15U]);
    } else {
      line += each;
    }
  }
  line += '"';
}

/// Appends a cell that is no text. Returns false for a text.
inline bool append_plain(std::string& line, const Cell& cell, std::string_view null) {
  if (std::holds_alternative<std::monostate>(cell)) {
    line += null;
  } else if (const auto* flag = std::get_if<bool>(&cell)) {
    line += *flag ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&cell)) {
    line += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&cell)) {
    append_real(line, *number);
  } else {
    return false;
  }
  return true;
}

/// Throws `invalid_argument` unless the row has one cell for each column.
inline void check_width(const Table& table, const std::vector<Cell>& row) {
  if (row.size() != table.columns.size()) {
    validation::refuse("table", "has a row with more or fewer cells than columns");
  }
}

}  // namespace table_text

/// Writes a table as CSV (RFC 4180): a line of names, then a line for each row, each ending with CR and LF. Numbers
/// have every digit, booleans are `true` and `false`. An empty text is `""`, and so differs from an empty null. Throws
/// `invalid_argument` for a number that is not finite and for a row with another number of cells than columns.
template <class Out>
void write_csv(const Table& table, Out&& out, const CsvOptions& options = {}) {
  std::string line;
  const auto end_line = [&] {
    if (!line.empty()) { line.pop_back(); }
    line += "\r\n";
    table_text::put(out, line);
    line.clear();
  };
  for (const std::string& column : table.columns) {
    table_text::append_csv_text(line, column, options.null);
    line += ',';
  }
  end_line();
  for (const std::vector<Cell>& row : table.rows) {
    table_text::check_width(table, row);
    for (const Cell& cell : row) {
      if (!table_text::append_plain(line, cell, options.null)) {
        table_text::append_csv_text(line, std::get<std::string>(cell), options.null);
      }
      line += ',';
    }
    end_line();
  }
}

/// Writes a table as JSON lines: an object for each row, with the columns as its members in their order, each ending
/// with LF. Numbers have every digit, and a floating-point number a point or an exponent. Throws `invalid_argument` for
/// two columns of the same name (name them in the SQL with AS), for a text that is not UTF-8 without NUL, and for what
/// `write_csv` refuses.
template <class Out>
void write_json_lines(const Table& table, Out&& out) {
  std::vector<std::string> starts;
  std::set<std::string_view> names;
  for (const std::string& column : table.columns) {
    if (!names.insert(column).second) {
      validation::refuse("table", "has two columns of the same name, which an object cannot have: name them with AS");
    }
    std::string& start = starts.emplace_back(starts.empty() ? "{" : ",");
    table_text::append_json_text(start, column);
    start += ':';
  }
  std::string line;
  for (const std::vector<Cell>& row : table.rows) {
    table_text::check_width(table, row);
    for (std::size_t column = 0; column < row.size(); ++column) {
      line += starts[column];
      if (!table_text::append_plain(line, row[column], "null")) {
        table_text::append_json_text(line, std::get<std::string>(row[column]));
      }
    }
    line += row.empty() ? "{}\n" : "}\n";
    table_text::put(out, line);
    line.clear();
  }
}

}  // namespace heddle
