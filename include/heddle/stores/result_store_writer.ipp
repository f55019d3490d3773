// Private: may change in every version; public headers include it where it is needed.
#pragma once

// The results of ResultStore that are stored row by row.

#include "heddle/call.hpp"
#include "heddle/context.hpp"
#include "heddle/detail/calls/gateway.hpp"
#include "heddle/error.hpp"
#include "heddle/model/result_writer.hpp"
#include "heddle/operation.hpp"
#include "heddle/sealed_query/build_image.hpp"
#include "heddle/sealed_query/check_table.hpp"
#include "heddle/sealed_query/preview.hpp"
#include "heddle/sql/fingerprint.hpp"
#include "heddle/stores/detail/new_results.hpp"
#include "heddle/stores/result_store.ipp"
#include "heddle/validation/field_path.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace heddle {

template <class Policy, class Tracer>
class ResultStore<Policy, Tracer>::Writing final : public ResultWriter::Sink {
 public:
  /// Throws `invalid_argument` for columns or rows that cannot be stored.
  Writing(ResultStore& store, Context context, const NewResult& result, WriteOptions options)
      : store_(store), context_(std::move(context)), options_(std::move(options)) {
    sealed_query::check_table_name(result.table_name);
    sealed_query::check_columns("table.columns", result.table.columns);
    head_ = {.id = result.id,
             .table_name = result.table_name,
             .table = {result.table.columns, {}},
             .time_to_live = result.time_to_live,
             .metadata = result.metadata};
    summary_.preview.columns = result.table.columns;
    builder_.emplace(head_.table_name, head_.table.columns);
    digest_.add(head_);
    digest_.add(head_.table.columns);
    for (const auto& row : result.table.rows) { append(row); }
  }

  void append(const std::vector<Cell>& row) override {
    context_.check();
    require_builder();
    const validation::FieldPath rows("rows");
    const validation::FieldPath place = rows.element(static_cast<std::size_t>(summary_.rows));
    sealed_query::check_row(place, row, head_.table.columns.size());
    try {
      builder_->append(row);
    } catch (...) {
      builder_.reset();
      throw;
    }
    if (!options_.idempotency_key.empty()) { stores::detail::add_cells(digest_, row); }
    sealed_query::add_to_preview(summary_.preview, row, summary_.rows);
    ++summary_.rows;
  }

  DataReference finish() override {
    return store_.gateway_.run(context_, Operation::finish_result, [&](auto& passage) {
      if (!metadata_) { build(); }
      return store_.put(passage, *metadata_, image_, options_, [&] { return fingerprint_; });
    });
  }

 private:
  void require_builder() const {
    if (!builder_) {
      throw Error(ErrorCode::failed_precondition, "no row can be appended any more: begin another result");
    }
  }

  /// Makes the image, once: `finish` can be called again if the result could not be stored.
  void build() {
    require_builder();
    auto builder = std::move(*builder_);
    builder_.reset();
    image_ = builder.finish();
    digest_.add(summary_.rows);
    fingerprint_ = digest_.hex();
    metadata_ = stores::detail::describe(head_, std::move(summary_), image_);
  }

  ResultStore& store_;
  Context context_;
  WriteOptions options_;
  NewResult head_{};  ///< without rows
  std::optional<sealed_query::ImageBuilder<Table>> builder_{};
  sql::Fingerprint digest_{};
  stores::detail::TableSummary summary_{};
  std::vector<std::byte> image_{};
  std::string fingerprint_{};
  std::optional<ResultMetadata> metadata_{};  ///< once the image is made
};

template <class Policy, class Tracer>
ResultWriter ResultStore<Policy, Tracer>::write(const Context& context, const NewResult& result,
                                                const WriteOptions& options) {
  return gateway_.run(context, Operation::write_result, [&](auto& /*passage*/) {
    stores::detail::check_new_result(result);
    if (!options.idempotency_key.empty()) {
      validation::check_text("options.idempotency_key", options.idempotency_key, limits::id);
    }
    return ResultWriter(std::make_unique<Writing>(*this, context, result, options));
  });
}

}  // namespace heddle
