// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/call.hpp"
#include "heddle/concepts/policy_capabilities.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/error.hpp"
#include "heddle/operation.hpp"
#include "heddle/sealed_query/bind_parameters.hpp"
#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/query_gate.hpp"
#include "heddle/sealed_query/query_image.hpp"
#include "heddle/sql/cursor.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/list_page.hpp"
#include "heddle/sql/listing.hpp"
#include "heddle/sql/record.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/stored_image.hpp"
#include "heddle/stores/detail/admin_rights.hpp"
#include "heddle/stores/detail/new_results.hpp"
#include "heddle/stores/detail/reach.hpp"
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
#include <utility>
#include <vector>

namespace heddle {
namespace stores::detail {

inline constexpr Refusal no_such_result{ErrorCode::not_found, "the result", "does not exist or has expired"};
inline constexpr Refusal over_quota{ErrorCode::resource_exhausted, "the result",
                                    "would exceed the quota for the results of a tenant: remove others first"};

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
    const ResultMetadata metadata =
        stores::detail::describe(result, stores::detail::summary_of_table(result.table), image);
    return put(passage, metadata, image, options, [&] { return stores::detail::fingerprint(result); });
  });
}

template <class Policy, class Tracer>
template <class Passage, class Fingerprint>
DataReference ResultStore<Policy, Tracer>::put(Passage& passage, const ResultMetadata& metadata,
                                               const std::vector<std::byte>& image, const WriteOptions& options,
                                               Fingerprint&& fingerprint) {
  const Refusal over_quota = stores::detail::over_quota;
  if (quota_bytes_ != 0 && metadata.size_bytes > quota_bytes_) { throw over_quota.error(); }
  const DataReference reference = stores::detail::reference_to(metadata);
  const Answer answer = passage.write_once(options.idempotency_key, std::nullopt, fingerprint, [&](auto& tx) {
    const auto& statements = stores::detail::result_statements<Policy>();
    using Quota = typename Policy::Dialect::Results::Quota;
    if (quota_bytes_ != 0) { tx.one(sql::statements<Quota>().hold, tx.user_id()); }
    tx.run(statements.store, tx.user_id(), sql::Fields<ResultMetadata>{metadata});
    if (quota_bytes_ != 0) { tx.require(over_quota, sql::statements<Quota>().keeps, tx.user_id(), quota_bytes_); }
    tx.run(statements.store_image, tx.user_id(), metadata.id, image);
    tx.answer(sql::json::encode(reference));
  });
  return sql::json::decode<DataReference>(answer.text);
}

template <class Policy, class Tracer>
Table ResultStore<Policy, Tracer>::query(const Context& context, const std::string& id, const std::string& select,
                                         const QueryLimits& limits) {
  return query(context, id, select, limits, {});
}

template <class Policy, class Tracer>
Table ResultStore<Policy, Tracer>::query(const Context& context, const std::string& id, const std::string& select,
                                         const QueryLimits& limits, const QueryParameters& parameters) {
  return gateway_.run(context, Operation::query_result, [&](auto& passage) {
    validation::check_id("result id", id);
    validation::check_text("SQL", select, max_sql_bytes);
    sealed_query::check_limits(limits);
    sealed_query::check_parameters(parameters);
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
    Table answer = sealed_query::query_image(stored->image, select, limits, passage.context(), parameters);
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
Page<ResultMetadata> ResultStore<Policy, Tracer>::list(const Context& context, const PageRequest& request) {
  return gateway_.run(context, Operation::list_results, [&](auto& passage) {
    const sql::ListPage page(sql::Listing::results, request, sql::default_limit, {sql::after_all, {}});
    return passage.read([&](auto& tx) {
      const sql::TimeWindow window = page.window();
      auto rows = tx.page(stores::detail::result_statements<Policy>().list, tx.user_id(), now(),
                          sql::Fields<sql::TimeWindow>{window});
      return [rows = std::move(rows), &page]() mutable {
        return page.of(rows(), [](const ResultMetadata& last) {
          return sql::Position{microseconds_of(last.stored_at), last.id};
        });
      };
    });
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

template <class Policy, class Tracer>
std::int64_t ResultStore<Policy, Tracer>::purge_expired(const Context& context) {
  return gateway_.manage(context, Operation::purge_expired_results, [&](auto& passage) {
    constexpr std::int64_t batch = stores::detail::expired_at_once;
    auto remove_batch = [](auto& tx) {
      if constexpr (!stores::detail::reaches_all_tenants<Policy>) {
        tx.require(stores::detail::sees_one_tenant,
                   sql::statements<typename Policy::Dialect::Admin>().sees_all_tenants);
      }
      return tx.run(sql::statements<typename Policy::Dialect::Results::Purge>().expired, now(),
                    stores::detail::expired_at_once);
    };
    std::int64_t all = 0;
    for (std::int64_t removed = batch; removed == batch; all += removed) {
      passage.context().check();
      if constexpr (!stores::detail::reaches_all_tenants<Policy>) {
        removed = passage.administer(remove_batch);
      } else {
        removed = passage.write(remove_batch);
      }
    }
    passage.count(all);
    return all;
  });
}

}  // namespace heddle
