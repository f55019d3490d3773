#pragma once

#include "conformance/transfers.hpp"
#include "heddle/erasure.hpp"
#include "heddle/erasure/receipt_text.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#ifndef HEDDLE_CONFORMANCE_POSTGRES
extern template struct heddle::erasure::Erasure<support::DecoratedSqlite, heddle::NoTracing>;
#endif

/// Tenants that are erased.
namespace conformance {

/// Returns the rows by table that a tenant has whose stream has these records. Not the chunks of contents, which lie in
/// files on some backends.
inline std::map<std::string, std::int64_t> rows_of(const heddle::ExportReport& report) {
  const std::map<std::string, std::string> tables{{"session", "sessions"},
                                                  {"branch", "branches"},
                                                  {"segment", "segments"},
                                                  {"summary", "summaries"},
                                                  {"fold", "folds"},
                                                  {"message", "messages"},
                                                  {"tool_link", "tool_links"},
                                                  {"message_stream", "message_streams"},
                                                  {"message_chunk", "message_chunks"},
                                                  {"tool_execution", "tool_executions"},
                                                  {"usage", "usage_by_day"},
                                                  {"snapshot", "memory_snapshots"},
                                                  {"error", "agent_errors"},
                                                  {"artifact", "artifacts"},
                                                  {"content", "contents"},
                                                  {"artifact_version", "artifact_versions"},
                                                  {"artifact_quota", "content_usage"},
                                                  {"human_request", "human_requests"},
                                                  {"idempotency_key", "idempotency_keys"},
                                                  {"result", "sql_results"}};
  std::map<std::string, std::int64_t> rows;
  for (const auto& [type, count] : report.counts) {
    if (type != "content_chunk") { rows[tables.at(type)] = count; }
  }
  if (rows.contains("sql_results")) { rows["sql_result_images"] = rows["sql_results"]; }
  return rows;
}

/// Checks that a receipt has the rows of a tenant whose stream has these records.
inline void check_counts(const heddle::ErasureReceipt& receipt, const heddle::ExportReport& report) {
  auto counts = receipt.counts;
  counts.erase("content_chunks");
  CHECK(heddle::erasure::counts_text(counts) == heddle::erasure::counts_text(rows_of(report)));
}

/// Fills a tenant with more than one batch has: a long session, many short ones, many records.
template <class Backend>
void fill_batches(Backend& backend, const heddle::Context& context) {
  fill(backend, context);
  add_session(backend, context, "long");
  std::vector<heddle::Message> many;
  for (int number = 0; number < 2500; ++number) { many.push_back(says("number " + std::to_string(number))); }
  many[3].tool_calls = {{.id = "c", .name = "t"}};
  backend.session_storage().save_messages(context, "long", many);
  for (int number = 0; number < 120; ++number) {
    const std::string id = "short " + std::to_string(number);
    add_session(backend, context, id);
    backend.session_storage().save_message(context, id, says("in " + id));
  }
}

}  // namespace conformance
