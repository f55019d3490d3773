#pragma once

#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

/// A policy and a tracer for the tests of administration and soft deletion.
namespace administered {

using namespace heddle;

/// A policy on SQLite with the capabilities that SQLite lacks. A session counts as hidden if its agent is `(hidden)`;
/// the stores do not check that.
struct Administered {
  static constexpr std::string_view name = "administered";

  struct SoftDelete {
    bool enabled = false;
    std::chrono::seconds grace_period{0};
    std::chrono::seconds cleanup_interval{1};
  };
  struct Config {
    heddle::sqlite::Config database{};
    SoftDelete soft_delete{};
    bool has_administrator = true;
  };

  class Engine : public heddle::sqlite::Engine {
   public:
    explicit Engine(const Config& config)
        : heddle::sqlite::Engine(config.database), has_administrator_(config.has_administrator) {}

    template <class Work>
    auto administer(const Call& call, Work& work) {
      if (fail_from_now_on) { throw Error(ErrorCode::unavailable, "as the test wants it"); }
      ++administered;
      return write(call, work);
    }
    [[nodiscard]] bool can_administer() const noexcept { return has_administrator_; }
    static inline std::atomic<bool> fail_from_now_on{false};
    static inline std::atomic<int> administered{0};

   private:
    bool has_administrator_;
  };

  struct Dialect : heddle::sqlite::Dialect {
    using Text = std::string_view;
    struct SoftDeletion {
      heddle::sql::Statement<heddle::sql::NoRow, Text, Text, Timestamp> soft_remove{
          "UPDATE sessions SET agent_id = '(hidden)'"
          ", updated_at = ?3 WHERE user_id = ?1 AND id = ?2 "
          "AND agent_id <> '(hidden)'"};
      heddle::sql::Statement<heddle::sql::NoRow, Text, Text> restore{
          "UPDATE sessions SET agent_id = '' WHERE user_id = ?1 AND id = ?2 AND agent_id = '(hidden)'"};
    };
    struct Admin {
      heddle::sql::Statement<heddle::sql::Keyed<Session>, Timestamp, std::int64_t, std::int64_t> list_sessions{
          "SELECT " + heddle::sql::columns<Session>() +
          ", number FROM sessions WHERE (updated_at, number) < (?1, ?2) ORDER BY updated_at DESC, number DESC "
          "LIMIT ?3"};
      heddle::sql::Statement<std::int64_t> sees_all_tenants{"SELECT 1"};
      heddle::sql::Statement<std::int64_t> count_sessions{"SELECT count(*) FROM sessions"};
      heddle::sql::Statement<SessionCount, Text, std::int64_t> sessions_per_user{
          "SELECT user_id, count(*) FROM sessions WHERE user_id > ?1 GROUP BY user_id ORDER BY user_id LIMIT ?2"};
      heddle::sql::Statement<SystemStatistics> statistics{
          "SELECT count(*), coalesce(sum(last_sequence), 0), 0, count(DISTINCT user_id), total(total_cost_usd), "
          "CAST(total(total_tokens) AS INTEGER) FROM sessions"};
      heddle::sql::Statement<heddle::sql::TableRights> table_rights{
          "SELECT 'artifacts', 1, 0, 0 UNION ALL SELECT 'sessions', 1, 1, 0 ORDER BY 1"};
      heddle::sql::Statement<heddle::sql::OwnedId, Timestamp, Timestamp, std::int64_t> purge_deleted{
          "DELETE FROM sessions WHERE number IN (SELECT number FROM sessions WHERE agent_id = '(hidden)'"
          " AND updated_at <= ?2 ORDER BY updated_at LIMIT ?3) RETURNING user_id, id"};
    };
  };

  static std::string search_query(const std::vector<std::string_view>& terms) { return Sqlite::search_query(terms); }
};

/// What the spans of each operation have received.
struct Told {
  std::mutex mutex{};
  std::vector<std::string> warnings{};
  std::vector<std::int64_t> counts{};
};

struct Listening {
  struct Span {
    Told& told;
    void fail(const Error& /*error*/) noexcept {}
    void warn(std::string_view message) {
      const std::lock_guard lock(told.mutex);
      told.warnings.emplace_back(message);
    }
    void count(std::int64_t number) {
      const std::lock_guard lock(told.mutex);
      told.counts.push_back(number);
    }
  };
  Span start(const Call& /*call*/) noexcept { return {*told}; }

  std::shared_ptr<Told> told = std::make_shared<Told>();
};

}  // namespace administered
