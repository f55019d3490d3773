// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/context.hpp"
#include "heddle/error.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/table.hpp"
#include "heddle/sealed_query/bind_parameters.hpp"
#include "heddle/sealed_query/query.hpp"
#include "heddle/validation/text.hpp"

#include <sqlite3.h>

#include <concepts>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sealed_query {

/// Throws `invalid_argument` for limits that are not positive.
inline void check_limits(const QueryLimits& limits) {
  if (limits.time.count() <= 0 || limits.memory_bytes == 0 || limits.rows <= 0 || limits.answer_bytes == 0) {
    validation::refuse("query limits", "must be positive");
  }
}

/// Runs one SELECT (or VALUES) of an agent on an image that `build_image` made, sealed off from everything else: a
/// private connection that can read the one table of this image and nothing else, not even its schema; an allow-list of
/// actions and functions, no files. The image is not copied; it must not change during the call. Any thread with a
/// stack of 256 KiB or more; concurrent calls share nothing.
///
/// Returns integer, floating point, text and null cells (booleans were stored as 1 and 0). Two columns can have the
/// same name. "Quoted" names are always names, never texts. LIKE and GLOB patterns have at most 250 bytes, the texts
/// that instr() and replace() search for 1000, the characters that trim() removes 64. A statement has at most 200
/// SELECTs and 1000 calls of functions, counted again for each window, and 8 MiB to be compiled in. With more than some
/// 25 operators, or calls with many arguments, the longest value is shorter than 1 MiB, in proportion. There is no
/// json_patch().
///
/// The query ends within 50 ms of its time limit, of the deadline and of a stop: nothing that takes longer is left that
/// does not ask.
///
/// Throws:
///  - `invalid_argument` for SQL that SQLite or the allow-list rejects, with SQLite's message, which never quotes
///  stored
///    content; for SQL that contains no statement, several statements, or more than `max_sql_bytes`; for a parameter
///    without a value, a value without a parameter, a value that a Table cannot hold, and more than `max_parameters`;
///    for a blob, text that is not UTF-8 without NUL, or infinity in the answer, which a Table cannot hold; for limits
///    that are not positive;
///  - `resource_exhausted`, naming the limit, for a query or an answer over its limits;
///  - `deadline_exceeded` when the time limit or the Context's deadline passes, `cancelled` when its stop token is
///    triggered;
///  - `data_loss` for a damaged image;
///  - `failed_precondition` if the program used SQLite before Heddle was initialised (before main(), or before Heddle
///  was
///    loaded as a plugin) or replaced SQLite's allocator: memory could not be limited then.
template <std::same_as<QueryLimits> Limits = QueryLimits>
[[nodiscard]] Table query_image(std::span<const std::byte> image, std::string_view sql, const Limits& limits,
                                const Context& context, const QueryParameters& parameters = {}) {
  validation::check_text("SQL", sql, max_sql_bytes);
  check_limits(limits);
  check_parameters(parameters);
  if (image.empty()) { throw Error(ErrorCode::data_loss, "the stored result is damaged: it is empty"); }
  context.check();
  if (sqlite3_initialize() != SQLITE_OK) { throw Error(ErrorCode::internal, "SQLite could not be initialised"); }
  Query query(limits, context);
  query.open(image);
  return query.run(std::string(sql), parameters);
}

}  // namespace heddle::sealed_query
