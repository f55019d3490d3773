// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/query_gate.hpp"
#include "heddle/sealed_query/query_image.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/stored_image.hpp"
#include "heddle/stores/detail/new_results.hpp"
#include "heddle/stores/result_store.hpp"
#include "heddle/validation/check.hpp"

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_result{ErrorCode::not_found, "the result", "does not exist or has expired"};

/// Queries store the time of an access at most this often, so that most queries need no write.
inline constexpr std::chrono::minutes access_resolution{1};
/// The maximum time that a query waits to store it.
inline constexpr std::chrono::milliseconds touch_patience{250};
/// The number of results that one transaction removes: images are large, and other writers must not wait long.
inline constexpr std::int64_t expired_at_once = 32;

template <class Policy>
[[nodiscard]] const auto& result_statements() {
  return sql::statements<typename Policy::Dialect::Results>();
}

/// Returns the SHA-256 of an image, of which a large one takes a second. Throws what `Context::check` throws.
[[nodiscard]] inline std::string checksum_of(std::span<const std::byte> image, const Context& context) {
  constexpr std::size_t part = std::size_t{1} << 20U;
  heddle::detail::crypto::Sha256 digest;
  for (std::size_t at = 0; at < image.size(); at += part) {
    context.check();
    digest.update(image.subspan(at, std::min(part, image.size() - at)));
  }
  return digest.hex();
}

/// Stores the time of an access. The query has succeeded already, so a failure here is ignored.
template <class Policy, class Passage>
void touch_result(Passage& passage, const std::string& id, Timestamp accessed_at) {
  const Timestamp accessed = now();
  if (accessed - accessed_at < access_resolution) { return; }
  try {
    passage.write_within(passage.context().with_timeout(touch_patience), [&](auto& tx) {
      return tx.run(result_statements<Policy>().touch, tx.user_id(), id, accessed);
    });
  } catch (const Error& error) { static_cast<void>(error); }
}

}  // namespace stores::detail

template <class Policy, class Tracer>
DataReference ResultStore<Policy, Tracer>::store(const Context& context, const NewResult& result,
                                                 const WriteOptions& options) {
  return gateway_.run(context, Operation::store_result, [&](auto& passage) {
    stores::detail::check_new_result(result);
    const std::vector<std::byte> image = sealed_query::build_image(result.table_name, result.table);
    const ResultMetadata metadata = stores::detail::describe(result, image);
    const DataReference reference = stores::detail::reference_to(metadata);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return stores::detail::fingerprint(result); },
        [&](auto& tx) {
          const auto& statements = stores::detail::result_statements<Policy>();
          tx.run(statements.store, tx.user_id(), sql::Fields<ResultMetadata>{metadata});
          tx.run(statements.store_image, tx.user_id(), metadata.id, image);
          tx.answer(sql::json::encode(reference));
        });
    return sql::json::decode<DataReference>(answer.text);
  });
}

template <class Policy, class Tracer>
Table ResultStore<Policy, Tracer>::query(const Context& context, const std::string& id, const std::string& select,
                                         const QueryLimits& limits) {
  return gateway_.run(context, Operation::query_result, [&](auto& passage) {
    validation::check_id("result id", id);
    validation::check_text("SQL", select, max_sql_bytes);
    sealed_query::check_limits(limits);
    const auto missing = [&id] { return stores::detail::no_such_result.of(id).error(); };
    const auto find = [&](const auto& statement) {
      return passage.read([&](auto& tx) { return tx.one(statement, tx.user_id(), id, now()); });
    };
    const auto& statements = stores::detail::result_statements<Policy>();
    // While an image is loaded it can be in memory twice. Its size is only asked for where it decides who runs.
    const auto loading = [&](std::size_t image) { return sealed_query::bytes_of_query(2 * image, limits); };
    auto admission = gate_.try_enter(loading(limits::image));
    if (!admission) {
      const auto metadata = find(statements.find);
      if (!metadata) { throw missing(); }
      const auto bytes = loading(static_cast<std::size_t>(metadata->size_bytes));
      admission.emplace(gate_.enter(bytes, passage.context(), limits.time));
    }
    const std::optional<sql::StoredImage> stored = find(statements.find_image);
    if (!stored) { throw missing(); }
    admission->resize(sealed_query::bytes_of_query(stored->image.size(), limits));
    if (stores::detail::checksum_of(stored->image, passage.context()) != stored->checksum) {
      throw Error(ErrorCode::data_loss, "the stored result is damaged: its checksum does not match");
    }
    // Outside of the transaction: a slow query of an agent must not hold a connection.
    Table answer = sealed_query::query_image(stored->image, select, limits, passage.context());
    stores::detail::touch_result<Policy>(passage, id, stored->accessed_at);
    return answer;
  });
}

template <class Policy, class Tracer>
std::optional<ResultMetadata> ResultStore<Policy, Tracer>::metadata(const Context& context, const std::string& id) {
  return gateway_.run(context, Operation::result_metadata, [&](auto& passage) {
    validation::check_id("result id", id);
    return passage.read(
        [&](auto& tx) { return tx.one(stores::detail::result_statements<Policy>().find, tx.user_id(), id, now()); });
  });
}

template <class Policy, class Tracer>
bool ResultStore<Policy, Tracer>::remove(const Context& context, const std::string& id, const WriteOptions& options) {
  return gateway_.run(context, Operation::remove_result, [&](auto& passage) {
    validation::check_id("result id", id);
    const Answer answer = passage.write_once(
        options.idempotency_key, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) {
          tx.run_as_answer(stores::detail::result_statements<Policy>().remove, tx.user_id(), id, now());
        });
    return answer.number != 0;
  });
}

template <class Policy, class Tracer>
std::int64_t ResultStore<Policy, Tracer>::expire(const Context& context, const WriteOptions& options) {
  return gateway_.run(context, Operation::expire_results, [&](auto& passage) {
    const auto& statements = stores::detail::result_statements<Policy>();
    if (!options.idempotency_key.empty()) {
      constexpr std::int64_t no_limit = std::numeric_limits<std::int64_t>::max();
      return passage
          .write_once(
              options.idempotency_key, std::nullopt, [] { return sql::fingerprint(); },
              [&](auto& tx) { tx.run_as_answer(statements.expire, tx.user_id(), now(), no_limit); })
          .number;
    }
    constexpr std::int64_t batch = stores::detail::expired_at_once;
    std::int64_t all = 0;
    for (std::int64_t removed = batch; removed == batch; all += removed) {
      passage.context().check();
      removed = passage.write([&](auto& tx) { return tx.run(statements.expire, tx.user_id(), now(), batch); });
    }
    return all;
  });
}

}  // namespace heddle
