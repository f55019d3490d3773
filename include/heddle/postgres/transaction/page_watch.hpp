// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/postgres/libpq/inflow.hpp"

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <optional>

namespace heddle::postgres::transaction {

/// Watches how much arrives for a page, and tells when the server has to stop: it would go on reading and sending for
/// as long as the statement has rows, and libpq would keep them.
class PageWatch {
 public:
  /// To be called at the start of each command.
  void restart() noexcept { inflow_.restart(); }

  /// PQconsumeInput.
  [[nodiscard]] bool consume(PGconn* connection) { return inflow_.consume(connection); }

  /// True if libpq has read more than a page of so many bytes of text can need.
  [[nodiscard]] bool is_beyond(std::int64_t page_bytes) const noexcept { return inflow_.bytes() - spare > page_bytes; }

  /// Counts the rows from `first` on, which are not needed. Returns true once there are many bytes of them.
  [[nodiscard]] bool skip(const PGresult& result, int first) noexcept {
    for (int row = first; row < PQntuples(&result); ++row) {
      for (int column = 0; column < PQnfields(&result); ++column) { skipped_ += PQgetlength(&result, row, column); }
    }
    return skipped_ >= spare;
  }

  /// Remembers that the server was asked to stop during this command.
  void cut(std::size_t command) noexcept { cut_ = command; }
  /// True if a failure of this command can come from that.
  [[nodiscard]] bool explains(std::size_t failed) const noexcept { return cut_ && failed >= *cut_; }

 private:
  /// What may arrive beyond the texts of a page: the numbers of 10,000 rows, and rows that are not needed.
  static constexpr std::int64_t spare = std::int64_t{4} << 20U;

  libpq::Inflow inflow_;
  std::int64_t skipped_ = 0;
  std::optional<std::size_t> cut_;
};

}  // namespace heddle::postgres::transaction
