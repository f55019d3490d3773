#include "heddle/config/sqlite_config.hpp"

#include "heddle/config/parse.hpp"
#include "support/expect_error.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <filesystem>
#include <map>
#include <string>
#include <utility>

using heddle::Environment;
using heddle::ErrorCode;
using support::code_of;
using support::error_of;

namespace fs = std::filesystem;

TEST_CASE("the data folder comes from the environment") {
  const auto data = [](std::map<std::string, std::string> variables) {
    return Environment::of(std::move(variables)).data_directory();
  };
  CHECK(data({{"HOME", "/home/ada"}}) == "/home/ada/.loom");
  CHECK(data({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", ""}}) == "/home/ada/.loom");
  CHECK(data({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", "/srv/loom"}}) == "/srv/loom");
  CHECK(data({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", "~/data"}}) == "/home/ada/data");
  CHECK(data({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", "~"}}) == "/home/ada");
  CHECK(data({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", "~bob/data"}}) == fs::current_path() / "~bob/data");
  CHECK(data({{"LOOM_DATA_DIR", "data"}}) == fs::current_path() / "data");
  CHECK(code_of([&] { static_cast<void>(data({})); }) == ErrorCode::failed_precondition);
  // An environment of the process has the variables of the process.
  CHECK(!Environment().get("HEDDLE_NO_SUCH_VARIABLE"));
}

TEST_CASE("the SQLite section reaches the backend's configuration") {
  const auto environment = Environment::of({{"HOME", "/home/ada"}, {"LOOM_DATA_DIR", "/srv/loom"}});
  const auto settings_of = [&](const char* json) {
    return heddle::sqlite_config(heddle::parse_config_json(json), environment);
  };

  SUBCASE("empty: the defaults of the backend") {
    const auto settings = settings_of("{}");
    const heddle::sqlite::Config defaults;
    CHECK(settings.path == "/srv/loom/loom.db");
    CHECK(!settings.read_only);
    CHECK(!settings.immutable);
    CHECK(settings.wal);
    CHECK(settings.busy_timeout == defaults.busy_timeout);
    CHECK(settings.durability == heddle::sqlite::Durability::full);
    CHECK(settings.indexing == heddle::sqlite::Indexing::deferred);
    CHECK(settings.readers == defaults.readers);
    CHECK(settings.cache_kib == defaults.cache_kib);
    CHECK(settings.mmap_bytes == defaults.mmap_bytes);
    CHECK(settings.visitor_log_bytes == defaults.visitor_log_bytes);
    CHECK(settings.results.quota_bytes == 0);
    CHECK(settings.results.cleanup_interval == std::chrono::hours(1));
    CHECK(settings.page_bytes == 64 * 1024 * 1024);
    CHECK(settings.search_candidates == 10'000);
    CHECK(settings.artifact_content == heddle::ArtifactContent::automatic);
    CHECK(settings.artifact_quota_bytes == 0);
    CHECK(!settings.secure_delete);
    CHECK(settings.default_user_id == "default-user");
    CHECK(settings.artifact_directory.empty());
    CHECK(settings.migration_directory.empty());
    CHECK(!settings.encrypt);
    CHECK(settings.encryption_key.empty());
    CHECK(!settings.administer_tenants);
    CHECK(!settings.soft_delete.enabled);
    CHECK(settings.soft_delete.grace_period == std::chrono::hours(24 * 30));
    CHECK(settings.soft_delete.cleanup_interval == std::chrono::hours(24));
    CHECK(settings.retention == heddle::RetentionConfig{});
    CHECK(settings.incremental_vacuum);
    CHECK(settings.query_budget.queries == defaults.query_budget.queries);
    CHECK(settings.query_budget.bytes == defaults.query_budget.bytes);
  }
  SUBCASE("every field") {
    const auto settings = settings_of(R"({
      "sqlite": {"path": "~/a.db", "encrypt": true, "encryption_key": "k", "wal_mode": false,
                 "durability": "SQLITE_DURABILITY_NORMAL",
                 "indexing": "SQLITE_INDEXING_IMMEDIATE", "readers": 7, "cache_kib": 100, "mmap_bytes": "9000000000",
                 "visitor_log_bytes": "8000000000", "secure_delete": true,
                 "busy_timeout_ms": 0, "default_user_id": "", "artifact_directory": "files",
                 "page_bytes": "7000000000", "search_candidates": 1000000, "artifact_content": "ARTIFACT_CONTENT_DATABASE",
                 "artifact_quota_bytes": "6000000000", "query_budget": {"queries": 3, "bytes": "5000000000"},
                 "administer_tenants": true, "immutable": true,
                 "soft_delete": {"enabled": true, "grace_period_seconds": 0, "cleanup_interval_seconds": 3},
                 "incremental_vacuum": false,
                 "retention": {"sessions": {"max_age_seconds": 1, "max_count": 2},
                               "hidden_branches": {"max_age_seconds": 3}, "snapshots": {"max_age_seconds": 4},
                               "errors": {"max_age_seconds": 5}, "artifacts": {"max_age_seconds": 6},
                               "results": {"max_age_seconds": 7}, "requests": {"max_age_seconds": 8},
                               "keys": {"max_count": 9}, "interval_seconds": 10},
                 "results": {"quota_bytes": "6000000000", "cleanup_interval_seconds": 0}},
      "migration": {"migration_dir": "~/sql"}, "read_only": true})");
    CHECK(settings.path == "/home/ada/a.db");
    CHECK(settings.read_only);
    CHECK(settings.immutable);
    CHECK(settings.encrypt);
    CHECK(settings.encryption_key == "k");
    CHECK(!settings.wal);
    CHECK(settings.durability == heddle::sqlite::Durability::normal);
    CHECK(settings.indexing == heddle::sqlite::Indexing::immediate);
    CHECK(settings.readers == 7);
    CHECK(settings.cache_kib == 100);
    CHECK(settings.mmap_bytes == 9'000'000'000);
    CHECK(settings.visitor_log_bytes == 8'000'000'000);
    CHECK(settings.results.quota_bytes == 6'000'000'000);
    CHECK(settings.results.cleanup_interval == std::chrono::seconds(0));
    CHECK(settings.page_bytes == 7'000'000'000);
    CHECK(settings.search_candidates == 1'000'000);
    CHECK(settings.artifact_content == heddle::ArtifactContent::database);
    CHECK(settings.artifact_quota_bytes == 6'000'000'000);
    CHECK(settings.secure_delete);
    CHECK(settings.busy_timeout == std::chrono::milliseconds(0));
    CHECK(settings.default_user_id.empty());
    CHECK(settings.artifact_directory == fs::current_path() / "files");
    CHECK(settings.migration_directory == "/home/ada/sql");
    CHECK(settings.administer_tenants);
    CHECK(settings.soft_delete.enabled);
    CHECK(settings.soft_delete.grace_period == std::chrono::seconds(0));
    CHECK(settings.soft_delete.cleanup_interval == std::chrono::seconds(3));
    using std::chrono::seconds;
    CHECK(!settings.incremental_vacuum);
    CHECK(settings.retention == heddle::RetentionConfig{.sessions = {seconds(1), 2},
                                                        .hidden_branches = {.max_age = seconds(3)},
                                                        .snapshots = {.max_age = seconds(4)},
                                                        .errors = {.max_age = seconds(5)},
                                                        .artifacts = {.max_age = seconds(6)},
                                                        .results = {.max_age = seconds(7)},
                                                        .requests = {.max_age = seconds(8)},
                                                        .keys = {.max_count = 9},
                                                        .interval = seconds(10)});
    CHECK(settings.query_budget.queries == 3);
    CHECK(settings.query_budget.bytes == 5'000'000'000);
  }
  SUBCASE("a bool that is off differs from one that is unset") {
    CHECK(settings_of(R"({"sqlite": {}})").wal);
    CHECK(settings_of(R"({"sqlite": {"wal_mode": true}})").wal);
    CHECK(!settings_of(R"({"sqlite": {"wal_mode": false}})").wal);
    CHECK(!settings_of(R"({"sqlite": {"walMode": false}})").wal);
  }
  SUBCASE("a path is made absolute, :memory: is not") {
    CHECK(settings_of(R"({"sqlite": {"path": "a.db"}})").path == (fs::current_path() / "a.db").string());
    CHECK(settings_of(R"({"sqlite": {"path": ":memory:"}})").path == ":memory:");
  }
  SUBCASE("the key comes from the environment if the configuration has none") {
    const auto keyed = Environment::of({{"LOOM_DB_KEY", "from outside"}, {"HOME", "/h"}});
    const auto key_of = [&](const char* json) {
      return heddle::sqlite_config(heddle::parse_config_json(json), keyed).encryption_key;
    };
    CHECK(key_of(R"({"sqlite": {"encrypt": true}})") == "from outside");
    CHECK(key_of(R"({"sqlite": {"encrypt": true, "encryption_key": "own"}})") == "own");
    CHECK(key_of("{}").empty());
  }
  SUBCASE("invalid values") {
    for (const char* json :
         {R"({"sqlite": {"readers": 0}})", R"({"sqlite": {"readers": 1001}})", R"({"sqlite": {"cache_kib": 0}})",
          R"({"sqlite": {"cache_kib": 3000000000}})", R"({"sqlite": {"mmap_bytes": "18446744073709551615"}})",
          R"({"sqlite": {"visitor_log_bytes": "18446744073709551615"}})",
          R"({"sqlite": {"query_budget": {"queries": 0}}})", R"({"sqlite": {"query_budget": {"bytes": "0"}}})",
          R"({"sqlite": {"artifact_content": 3}})", R"({"sqlite": {"artifact_quota_bytes": "9223372036854775808"}})",
          R"({"sqlite": {"page_bytes": 0}})", R"({"sqlite": {"search_candidates": 0}})",
          R"({"sqlite": {"search_candidates": 1000001}})", R"({"sqlite": {"page_bytes": "18446744073709551615"}})",
          R"({"sqlite": {"durability": 9}})", R"({"sqlite": {"indexing": 9}})",
          R"({"sqlite": {"encryption_key": "S3CRET"}})"}) {
      CAPTURE(json);
      const auto error = error_of([&] { static_cast<void>(settings_of(json)); });
      CHECK(error.code() == ErrorCode::invalid_argument);
      CHECK(std::string(error.what()).find("S3CRET") == std::string::npos);
    }
  }
}
