#pragma once

#include "heddle/sqlite.hpp"
#include "heddle/sqlite/policy.ipp"

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

/// A policy and a tracer for the tests of administration and soft deletion.
namespace administered {

using namespace heddle;

/// SQLite with an administrator who may not do everything, and whose calls are counted.
struct Administered : Sqlite {
  static constexpr std::string_view name = "administered";

  class Engine : public heddle::sqlite::Engine {
    using Base = heddle::sqlite::Engine;

   public:
    explicit Engine(const Config& config) : Base(config) {}

    template <class Work>
    auto administer(const Call& call, Work& work) {
      if (fail_from_now_on) { throw Error(ErrorCode::unavailable, "as the test wants it"); }
      ++administered;
      return Base::administer(call, work);
    }
    static inline std::atomic<bool> fail_from_now_on{false};
    static inline std::atomic<int> administered{0};
  };

  struct Dialect : heddle::sqlite::Dialect {
    struct Admin : heddle::sqlite::AdminStatements {
      heddle::sql::Statement<heddle::sql::TableRights> table_rights{
          "SELECT 'artifacts', 1, 0, 0 UNION ALL SELECT 'sessions', 1, 1, 0 ORDER BY 1"};
    };
  };
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
