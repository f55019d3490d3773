// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/error.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/parameter_types.hpp"

#include <libpq-fe.h>
#include <boost/endian/conversion.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace heddle::postgres::libpq {

/// One row of a result in the binary format of the protocol, as a source of values.
class ResultRow {
 public:
  ResultRow(const PGresult* result, int row) noexcept : result_(result), row_(row) {}

  [[nodiscard]] bool is_null(int column) const noexcept { return PQgetisnull(result_, row_, column) != 0; }
  [[nodiscard]] std::string_view text(int column) const noexcept {
    const auto size = static_cast<std::size_t>(PQgetlength(result_, row_, column));
    bytes_read_ += size;
    return {PQgetvalue(result_, row_, column), size};
  }
  [[nodiscard]] std::span<const std::byte> blob(int column) const noexcept {
    return std::as_bytes(std::span(text(column)));
  }
  /// The bytes of the texts and blobs that were read.
  [[nodiscard]] std::size_t bytes_read() const noexcept { return bytes_read_; }
  [[nodiscard]] std::int64_t integer(int column) const {
    switch (PQftype(result_, column)) {
      case type::int8: return number<std::int64_t>(column);
      case type::int4: return number<std::int32_t>(column);
      case type::int2: return number<std::int16_t>(column);
      case type::boolean: return number<std::int8_t>(column);
      default: throw type_error();
    }
  }
  [[nodiscard]] double real(int column) const {
    if (PQftype(result_, column) != type::float8) { throw type_error(); }
    return number<double>(column);
  }

 private:
  static Error type_error() {
    return {ErrorCode::internal, "the type of a column differs from the type that its statement declares"};
  }

  template <class Number>
  [[nodiscard]] Number number(int column) const {
    if (PQgetlength(result_, row_, column) != int{sizeof(Number)}) { return Number{}; }  // null
    return boost::endian::endian_load<Number, sizeof(Number), boost::endian::order::big>(
        reinterpret_cast<const unsigned char*>(PQgetvalue(result_, row_, column)));
  }

  const PGresult* result_;
  int row_;
  mutable std::size_t bytes_read_ = 0;
};

}  // namespace heddle::postgres::libpq
