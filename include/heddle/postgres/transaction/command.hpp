// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/postgres/libpq/handles.hpp"
#include "heddle/postgres/libpq/result_row.hpp"

#include <libpq-fe.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>

namespace heddle::postgres::transaction {

/// Whether a transaction writes: then its outcome may be in doubt after a lost connection.
enum class Mode { read, write };

/// How the rows of a page are read: as one result, or one by one, which costs more but keeps no further rows in memory.
enum class Paging { whole, by_row };

/// One queued command: how to handle its result, and the result.
struct Command {
  std::optional<Refusal> refusal{};       ///< the error of the call if the command finds no row
  std::optional<std::size_t> prepares{};  ///< the number of the statement that it prepares
  /// Is called with each row as it arrives, until it returns false; no result is kept.
  std::function<bool(const libpq::ResultRow&)> visit{};
  std::function<int(const PGresult&)> keep{};  ///< copies rows of a page; returns the number of those it needs
  std::int64_t page_bytes = 0;                 ///< how many bytes of text `keep` takes before its last row
  bool claims = false;                         ///< claims an idempotency key: no row if it is used already
  std::int64_t visited = 0;                    ///< rows that `visit` was called with
  bool has_seen_enough = false;                ///< `visit` has returned false
  libpq::Result result{};
};

}  // namespace heddle::postgres::transaction
