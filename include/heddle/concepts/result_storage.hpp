#pragma once

#include "heddle/context.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Tables that are too large for a message, stored under an id and queried again by SQL that agents write.
///
/// For every operation: it works for the tenant of the Context only, and an id of another tenant behaves like one that
/// is not there. Input is checked before anything is sent (`invalid_argument`). It throws Error and nothing else. A
/// write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. All
/// operations may be called by many threads at once.
///
///  - `store` stores the table as one SQLite database image, on every backend, and answers a reference to it (location
///    database, content type application/sql). A result of the same id is replaced as a whole, also one that has
///    expired. See sealed_query::build_image for what a table may hold; `resource_exhausted` for an image over
///    `limits::image`. Numbers keep their type and every digit; booleans are queried as 1 and 0.
///  - `query` runs one SELECT on a result. The SQL can read this one table and nothing else: no other result, no table
///    of the backend, no file. See sealed_query::query_image for its limits and errors. It is the same SQL, with the
///    same answers, on every backend. It runs on the calling thread and holds no connection meanwhile; it sees the
///    result as it was when the query began. `not_found` if there is no such result, `data_loss` if it is damaged.
///  - `metadata` answers what is known of a result without opening it; nothing if there is none.
///  - `remove` removes a result; false if there was none.
///  - `expire` removes what has expired and answers how many results that were; if it throws, some of them can be gone.
///
/// From the moment on at which its time is over, a result is not there for any operation, whether `expire` has run or
/// not. It does not promise that expired results go by themselves: call `expire` now and then, for each tenant.
/// `accessed_at` is the time of the store or of a successful query, up to a minute late, and can miss one that found
/// the database busy.
template <class T>
concept ResultStorage = requires(T& store, const Context& context, const NewResult& result, const std::string& text,
                                 const QueryLimits& limits, const WriteOptions& options) {
  { store.store(context, result, options) } -> std::same_as<DataReference>;
  { store.query(context, text, text, limits) } -> std::same_as<Table>;
  { store.metadata(context, text) } -> std::same_as<std::optional<ResultMetadata>>;
  { store.remove(context, text, options) } -> std::same_as<bool>;
  { store.expire(context) } -> std::same_as<std::int64_t>;
};

}  // namespace heddle
