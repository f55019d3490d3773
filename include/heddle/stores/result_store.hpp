#pragma once

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/new_result.hpp"
#include "heddle/model/table.hpp"
#include "heddle/options.hpp"
#include "heddle/sealed_query/image.hpp"
#include "heddle/sealed_query/preview.hpp"
#include "heddle/sealed_query/sealed_query.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/sql/json_codec.hpp"
#include "heddle/sql/statement.hpp"
#include "heddle/sql/stored_image.hpp"
#include "heddle/validation/check.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace heddle {

/// Tables that agents query by SQL, on any backend. Satisfies ResultStorage, which says what each operation means. Safe
/// to use from many threads.
template <class Policy, class Tracer>
class ResultStore {
  using Gateway = detail::calls::Gateway<Policy, Tracer>;

 public:
  explicit ResultStore(Gateway& gateway) : gateway_(gateway) {}

  /// Stores a table under an id, in the place of what is there; answers how to refer to it.
  DataReference store(const Context& context, const NewResult& result, const WriteOptions& options = {}) {
    check(result);
    context.check();
    const std::vector<std::byte> image = sealed_query::build_image(result.table_name, result.table);
    const ResultMetadata metadata = describe(result, image);
    const DataReference reference{metadata.id, metadata.size_bytes,       DataLocation::database, metadata.checksum,
                                  false,       std::string(content_type), metadata.metadata,      metadata.stored_at};
    const Answer answer = gateway_.write_once(
        context, "store_result", options, std::nullopt, [&] { return fingerprint(result); },
        [&](auto& tx) {
          tx.run(dialect().store, tx.user_id(), sql::Fields<ResultMetadata>{metadata});
          tx.run(dialect().store_image, tx.user_id(), metadata.id, image);
          tx.answer(sql::json::encode(reference));
        });
    return sql::json::decode<DataReference>(answer.text);
  }

  /// Runs one SELECT of an agent on a result; see sealed_query::query_image. Throws `not_found` if there is no such
  /// result.
  [[nodiscard]] Table query(const Context& context, const std::string& id, const std::string& select,
                            const QueryLimits& limits = {}) {
    validation::check_id("result id", id);
    validation::check_text("SQL", select, max_sql_bytes);
    return gateway_.pass(context, "query_result", [&](const Call& call) {
      auto work = [&](auto& tx) { return tx.one(dialect().find_image, tx.user_id(), id, now()); };
      const std::optional<sql::StoredImage> stored = gateway_.engine().read(call, work);
      if (!stored) { throw Error(ErrorCode::not_found, "the result does not exist or has expired"); }
      if (detail::crypto::sha256_hex(stored->image) != stored->checksum) {
        throw Error(ErrorCode::data_loss, "the stored result is damaged");
      }
      // Out of the transaction: an agent's query, however slow, holds no connection.
      Table answer = sealed_query::query_image(stored->image, select, limits, context);
      touch(call, id, stored->accessed_at);
      return answer;
    });
  }

  /// What is known of a result; nothing if there is none of this id.
  [[nodiscard]] std::optional<ResultMetadata> metadata(const Context& context, const std::string& id) {
    validation::check_id("result id", id);
    return gateway_.read(context, "result_metadata",
                         [&](auto& tx) { return tx.one(dialect().find, tx.user_id(), id, now()); });
  }

  /// Removes a result; false if there was none.
  bool remove(const Context& context, const std::string& id, const WriteOptions& options = {}) {
    validation::check_id("result id", id);
    const Answer answer = gateway_.write_once(
        context, "remove_result", options, std::nullopt, [&] { return sql::fingerprint(id); },
        [&](auto& tx) { tx.run_as_answer(dialect().remove, tx.user_id(), id, now()); });
    return answer.number != 0;
  }

  /// Removes the tenant's expired results; answers how many there were.
  std::int64_t expire(const Context& context) {
    std::int64_t all = 0;
    for (std::int64_t removed = expired_at_once; removed == expired_at_once; all += removed) {
      removed = gateway_.write(context, "expire_results", [&](auto& tx) {
        return tx.run(dialect().expire, tx.user_id(), now(), expired_at_once);
      });
    }
    return all;
  }

 private:
  static constexpr std::string_view content_type = "application/sql";
  static constexpr std::chrono::hours longest_life{24 * 36525};  // 100 years
  /// Queries note the time of an access no more often than this: one who reads does not have to write.
  static constexpr std::chrono::minutes access_resolution{1};
  /// The longest that a query waits to note it.
  static constexpr std::chrono::milliseconds touch_patience{250};
  /// Images are large: other writers get their turn between so many.
  static constexpr std::int64_t expired_at_once = 32;

  static const auto& dialect() { return sql::statements<typename Policy::Dialect::Results>(); }

  static void check(const NewResult& result) {
    validation::check("result.id", result.id);
    validation::check("result.metadata", result.metadata);
    if (result.time_to_live.count() <= 0 || result.time_to_live > longest_life) {
      validation::refuse("result.time_to_live", "is not between 1 ms and 100 years");
    }
  }

  static ResultMetadata describe(const NewResult& result, const std::vector<std::byte>& image) {
    const Timestamp stored_at = now();
    return {.id = result.id.empty() ? detail::crypto::random_uuid() : result.id,
            .table_name = result.table_name,
            .row_count = static_cast<std::int64_t>(result.table.rows.size()),
            .column_count = static_cast<std::int64_t>(result.table.columns.size()),
            .columns = result.table.columns,
            .preview = sealed_query::preview(result.table),
            .stored_at = stored_at,
            .accessed_at = stored_at,
            .expires_at = stored_at + result.time_to_live,
            .size_bytes = static_cast<std::int64_t>(image.size()),
            .checksum = detail::crypto::sha256_hex(image),
            .metadata = result.metadata};
  }

  /// Of the table and not of its image, which names the version of SQLite that made it.
  static std::string fingerprint(const NewResult& result) {
    sql::Fingerprint digest;
    digest.add(result.id).add(result.table_name).add(result.time_to_live).add(result.metadata);
    digest.add(result.table.columns).add(result.table.rows.size());
    for (const auto& row : result.table.rows) {
      for (const Cell& cell : row) {
        digest.add(cell.index());
        std::visit([&digest](const auto& value) { add(digest, value); }, cell);
      }
    }
    return digest.hex();
  }
  static void add(sql::Fingerprint& /*digest*/, std::monostate /*null*/) {}
  template <class Value>
  static void add(sql::Fingerprint& digest, const Value& value) {
    digest.add(value);
  }

  /// Notes that the result was used. The answer is there already, and nothing that happens here takes it away.
  void touch(const Call& call, const std::string& id, Timestamp accessed_at) {
    const Timestamp accessed = now();
    if (accessed - accessed_at < access_resolution) { return; }
    const Context brief = call.context.with_timeout(touch_patience);
    const Call write{brief, call.user_id, call.operation};
    auto work = [&](auto& tx) { return tx.run(dialect().touch, tx.user_id(), id, accessed); };
    try {
      gateway_.engine().write(write, work);
    } catch (const Error& error) { static_cast<void>(error); }
  }

  Gateway& gateway_;
};

}  // namespace heddle
