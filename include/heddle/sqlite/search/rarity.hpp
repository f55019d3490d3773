// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/sqlite_c/handles.hpp"
#include "heddle/limits.hpp"
#include "heddle/sql/message_texts.hpp"
#include "heddle/sqlite/search/index_terms.hpp"
#include "heddle/sqlite/search/message_query.hpp"
#include "heddle/sqlite/search/term_weights.hpp"

#include <sqlite3.h>

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace heddle::sqlite::search {

/// Finds out how rare the terms of a query are among the messages or artifacts of a tenant, as `text_analysis.md` says,
/// in the snapshot of the statement that runs. A template only so that files that search nothing do not compile it.
template <std::same_as<std::string_view> Text>
class Rarity {
 public:
  /// `among` is the index: `message_words`, with what is queued for it, or `artifact_words`.
  Rarity(sqlite3* connection, std::int64_t tenant, Text among)
      : connection_(connection), tenant_(tenant), of_artifacts_(among == "artifact_words") {}

  /// Returns the weights of the terms, as a blob; see TermWeights. A term for which this fails makes `failure()` a code
  /// of SQLite.
  [[nodiscard]] std::string weights(MessageQuery<Text>& query) {
    std::vector<double> all(query.size(), 1.0);
    if (query.is_any()) { weigh(query, all); }
    std::string blob;
    TermWeights<double>::begin(blob, query.analysis());
    for (std::size_t term = 0; term < all.size(); ++term) {
      TermWeights<double>::append(blob, all[term], query.is_beginning(term));
    }
    return blob;
  }

  [[nodiscard]] int failure() const noexcept { return failure_; }

 private:
  /// No term and no tenant is counted further: it takes as long as the count is high.
  static constexpr std::int64_t most = 10'000;

  void weigh(MessageQuery<Text>& query, std::vector<double>& weights) {
    std::vector<std::int64_t> counts(query.size());
    for (std::size_t term = 0; term < counts.size(); ++term) { counts[term] = indexed(query.match_of(tenant_, term)); }
    std::string end = "\"";
    IndexTerms(tenant_).append_end(end);
    std::int64_t texts = indexed(end += '"');
    if (!of_artifacts_) { count_queued(query, counts, texts); }
    texts = std::min(texts, most);
    for (std::size_t term = 0; term < counts.size(); ++term) {
      const auto has = static_cast<double>(std::min(counts[term], most));
      const double others = std::max(static_cast<double>(texts), has) + 1 - has;
      weights[term] = log(1 + (others + 0.5) / (has + 0.5));
    }
    leave_out_frequent(counts, weights);
  }

  /// Returns the number of texts in the index that match, those left out that are to be removed from it.
  std::int64_t indexed(const std::string& match) {
    const auto count = prepare(
        of_artifacts_ ? "SELECT count(*) FROM (SELECT 1 FROM artifact_words WHERE artifact_words MATCH ?1 LIMIT ?2)"
                      : "SELECT count(*) FROM (SELECT 1 FROM message_words f WHERE message_words MATCH ?1 AND NOT "
                        "EXISTS (SELECT 1 FROM search_removals r WHERE r.key = f.rowid) LIMIT ?2)");
    sqlite3_bind_text64(count.get(), 1, match.data(), match.size(), SQLITE_STATIC, SQLITE_UTF8);
    sqlite3_bind_int64(count.get(), 2, most);
    return step(count) ? sqlite3_column_int64(count.get(), 0) : 0;
  }

  void count_queued(MessageQuery<Text>& query, std::vector<std::int64_t>& counts, std::int64_t& messages) {
    const auto queued = prepare(
        "SELECT m.content, m.content_blocks, m.tool_calls, m.tool_result, m.parts FROM tenants t CROSS JOIN "
        "search_queue q ON q.user_id = t.user_id "
        "CROSS JOIN messages m ON m.key = q.key WHERE t.number = ?1");
    sqlite3_bind_int64(queued.get(), 1, tenant_);
    sql::StoredTexts<Message> texts;
    while (step(queued)) {
      ++messages;
      const auto column = [&queued](int index) {
        const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(queued.get(), index));
        return Text(text == nullptr ? "" : text, static_cast<std::size_t>(sqlite3_column_bytes(queued.get(), index)));
      };
      const std::vector<int>& frequencies =
          query.count(texts.of({column(0), column(1), column(2), {}, column(3), column(4)}));
      for (std::size_t term = 0; term < counts.size(); ++term) { counts[term] += frequencies[term] > 0 ? 1 : 0; }
    }
  }

  /// The natural logarithm of a number of at least 1. Not that of <cmath>, which every file that saves a message would
  /// parse.
  static double log(double number) {
    constexpr double of_two = 0.693147180559945309417;
    double sum = 0;
    for (; number > 1.5; number /= 2) { sum += of_two; }
    // The series of atanh; the rest is less than the last bit.
    const double base = (number - 1) / (number + 1);
    double power = 2 * base;
    for (int odd = 1; odd < 30; odd += 2, power *= base * base) { sum += power / odd; }
    return sum;
  }

  static void leave_out_frequent(const std::vector<std::int64_t>& counts, std::vector<double>& weights) {
    if (counts.size() <= limits::any_terms) { return; }
    std::vector<std::size_t> terms(counts.size());
    for (std::size_t term = 0; term < terms.size(); ++term) { terms[term] = term; }
    const auto rarer = [&counts](std::size_t a, std::size_t b) {
      return std::min(counts[a], most) < std::min(counts[b], most);
    };
    std::stable_sort(terms.begin(), terms.end(), rarer);
    for (std::size_t place = limits::any_terms; place < terms.size(); ++place) { weights[terms[place]] = 0; }
  }

  [[nodiscard]] detail::sqlite_c::Statement prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    note(sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr));
    return detail::sqlite_c::Statement(statement);
  }
  bool step(const detail::sqlite_c::Statement& statement) {
    if (failure_ != SQLITE_OK) { return false; }
    const int code = sqlite3_step(statement.get());
    if (code != SQLITE_ROW && code != SQLITE_DONE) { note(code); }
    return code == SQLITE_ROW;
  }
  void note(int code) noexcept {
    if (code != SQLITE_OK) { failure_ = code; }
  }

  sqlite3* connection_;
  std::int64_t tenant_;
  bool of_artifacts_;
  int failure_ = SQLITE_OK;
};

}  // namespace heddle::sqlite::search
