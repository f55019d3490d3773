#pragma once

#include "heddle/context.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/query_limits.hpp"
#include "heddle/model/query_parameters.hpp"
#include "heddle/model/result_writer.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"

#include <concepts>
#include <cstdint>
#include <optional>
#include <string>

namespace heddle {

/// Tables that are too large for a message, stored under an id and queried with SQL that agents write.
///
/// Every operation works for the tenant of the Context only; an id of another tenant behaves like an id that does not
/// exist. Input is validated before anything is sent to the database (`invalid_argument`). Operations throw only Error.
/// A write that returned is stored; a write that threw has changed nothing, unless the error is `in_doubt()`. Many
/// threads may call all operations at once.
///
///  - `store` stores the table as one SQLite database image, on every backend, and returns a reference to it (location
///    database, content type application/sql). It replaces a result with the same id as a whole, also an expired one.
///    A table has a name and at least one column; names are unique apart from case. Throws `resource_exhausted` if the
///    image is larger than `limits::image`, or if the tenant's stored results would have more bytes than the quota of
///    the configuration (`ResultSettings`), which is checked together with other stores at the same time. Numbers keep
///    their type and every digit; booleans are queried as 1 and 0.
///  - `write` begins a result whose rows come one by one: `result` has the columns and the first rows, if any. Nothing
///  is
///    stored before `finish` of the ResultWriter, which is like `store`, with the context and the options of `write`.
///    So the deadline of the context is that of the whole. An idempotency key stands for the table, however it was
///    appended; it is not that of a `store`.
///  - `query` runs one SELECT on a result. The SQL can read this one table and nothing else: no other result, no table
///    of the backend, no file. Throws `invalid_argument` for SQL that SQLite or the allow-list rejects, for more or
///    less than one statement, for a parameter without a value or a value without a parameter, which it names
///    (QueryParameters), and for values that a Table cannot hold; `resource_exhausted` for a
///    query beyond its limits, and for one that finds no room in the backend's `query_budget` until the Context's
///    deadline or within its time limit; `deadline_exceeded` and `cancelled` for its time limit and the Context, at
///    most 50 ms late on a core of its own, whatever the SQL. The SQL and what it returns are the same on every
///    backend. It runs on the calling thread, which needs a stack of 256 KiB, holds no connection meanwhile, and reads
///    the result as of the beginning of the query. Throws `not_found` if the result does not exist and `data_loss` if
///    it is damaged.
///  - `metadata` returns the description of a result without opening its image; nothing if the result does not exist.
///  - `list` returns the descriptions of the tenant's results, newest first, then by id. A result that is stored
///  between
///    two pages is not returned.
///  - `remove` removes a result; returns false if it does not exist.
///  - `expire` removes the expired results and returns how many there were. It removes them in several
///    transactions, so if it throws, some of them can be removed; with an idempotency key, in one.
///
/// From its expiry time on, no operation finds a result, whether `expire` has run or not. A backend removes the expired
/// results of all tenants by itself if its StorageDetails say so (`removes_expired_results`, see ResultSettings); if
/// not, call `expire` regularly for each tenant. `accessed_at` is the time of the store or of the last successful
/// query, up to a minute late; a query while the database is busy may leave it unchanged.
template <class T>
concept ResultStorage = requires(T& store, const Context& context, const NewResult& result, const std::string& text,
                                 const QueryLimits& limits, const QueryParameters& parameters, const PageRequest& page,
                                 const WriteOptions& options) {
  { store.store(context, result, options) } -> std::same_as<DataReference>;
  { store.write(context, result, options) } -> std::same_as<ResultWriter>;
  { store.query(context, text, text, limits) } -> std::same_as<Table>;
  { store.query(context, text, text, limits, parameters) } -> std::same_as<Table>;
  { store.metadata(context, text) } -> std::same_as<std::optional<ResultMetadata>>;
  { store.list(context, page) } -> std::same_as<Page<ResultMetadata>>;
  { store.remove(context, text, options) } -> std::same_as<bool>;
  { store.expire(context, options) } -> std::same_as<std::int64_t>;
};

}  // namespace heddle
