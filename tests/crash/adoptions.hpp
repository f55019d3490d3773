#pragma once

#include "crash/tenant.hpp"
#include "heddle/adoption.hpp"
#include "heddle/transfer.hpp"
#include "support/killer.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <ios>
#include <iterator>
#include <string>
#include <vector>

/// Processes that are killed while they adopt a loom.db.
namespace crash {

inline const heddle::Context adopted = heddle::Context::for_user("default-user");

/// A loom.db of version 1.2.0 with 30 sessions of 100 messages, and artifacts with files.
class LargeLoom {
 public:
  LargeLoom() {
    support::RawDatabase loom(database().string());
    loom.execute(bytes_of(std::filesystem::path(HEDDLE_TEST_ADOPTION) / "loom_1_2_0.sql"));
    loom.execute(
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 30) INSERT INTO sessions (id, "
        "created_at, updated_at) SELECT 'session ' || i, 1760000000, 1760000000 FROM n;"
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 3000) INSERT INTO messages "
        "(session_id, role, content, timestamp) SELECT 'session ' || (1 + i % 30), 'user', 'message ' || i, "
        "1760000000 + i / 200 FROM n;"
        "WITH RECURSIVE n (i) AS (VALUES (1) UNION ALL SELECT i + 1 FROM n WHERE i < 20) INSERT INTO artifacts (id, "
        "name, path, source, content_type, size_bytes, checksum, created_at, updated_at) SELECT 'artifact ' || i, "
        "'file' || i, 'user/' || i, 'user', 'text/plain', 0, '', 1760000000, 1760000000 FROM n");
    const std::filesystem::path files = folder_.path() / "artifacts" / "user";
    std::filesystem::create_directories(files);
    for (int number = 1; number <= 20; ++number) {
      std::ofstream(files / std::to_string(number)) << std::string(30'000, 'x') << number;
    }
    std::filesystem::create_directory(temporary());
  }

  [[nodiscard]] std::filesystem::path database() const { return folder_.path() / "loom.db"; }
  /// Where adoptions make their temporary files.
  [[nodiscard]] std::filesystem::path temporary() const { return folder_.path() / "temporary"; }
  [[nodiscard]] std::string bytes() const { return bytes_of(database()); }

 private:
  static std::string bytes_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  support::TemporaryFolder folder_{};
};

/// The child.
template <class Place>
void adopt_until_killed() {
  auto backend = Place::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  const std::filesystem::path loom = support::Parent::setting("HEDDLE_TEST_LOOM");
  heddle::AdoptionOptions options;
  options.temporary_directory = support::Parent::setting("HEDDLE_TEST_TEMPORARY");
  support::work_until_killed([&](const auto& end_batch) {
    options.on_progress = end_batch;
    heddle::adopt_loom_file(backend, {}, loom, options);
  });
}

/// Kills children that adopt a loom.db. The adoption goes on, nothing is lost or stored twice, and before its end
/// nothing of it is seen; the source stays as it is, and no temporary file is left.
template <class Place>
class KilledAdoptions {
 public:
  explicit KilledAdoptions(const std::string& child_case) : killer_(child_case) {}

  /// Checks each continuation, and returns how often each end came.
  support::Ends run() {
    {
      const Place target;
      killer_.measure(settings_for(target));
    }
    {
      const Place target;
      auto backend = Place::open(target.setting());
      CHECK(adopt(backend).tenants_before == 0);
      digest_ = digest_of(backend, adopted);
      batches_ = stored_;
    }
    REQUIRE(batches_.size() > 4);
    support::Killer::for_each_kill(6, std::ssize(batches_), [this](std::int64_t batch) { kill(batch); });
    for (const auto& [end, times] : ends_) { MESSAGE(end << ": " << times); }
    return ends_;
  }

 private:
  [[nodiscard]] support::Killer::Settings settings_for(const Place& target) const {
    return {{"HEDDLE_TEST_TARGET", target.setting()},
            {"HEDDLE_TEST_LOOM", loom_.database().string()},
            {"HEDDLE_TEST_TEMPORARY", loom_.temporary().string()}};
  }

  /// Notes how many records were stored behind each batch.
  template <class Backend>
  heddle::AdoptionReport adopt(Backend& backend) {
    stored_.clear();
    heddle::AdoptionOptions options;
    options.on_progress = [this](const heddle::AdoptionProgress& progress) { stored_.push_back(progress.stored); };
    return heddle::adopt_loom_file(backend, {}, loom_.database(), options);
  }

  /// Behind a batch, from 1; 0: at a random moment.
  void kill(std::int64_t batch) {
    const Place target;
    CHECK((killer_.kill(settings_for(target), batch) || batch == 0));
    target.settle();
    auto backend = Place::open(target.setting());
    const bool is_shown = !backend.session_storage().list_sessions(adopted).items.empty();
    CHECK((!is_shown || batch == 0));
    const heddle::AdoptionReport report = adopt(backend);
    CHECK(is_end_of(batches_, stored_));
    if (batch != 0) { CHECK(std::ssize(stored_) == std::ssize(batches_) - batch); }
    ++ends_[is_shown ? "whole" : stored_.size() == batches_.size() ? "begun anew" : "went on"];
    CHECK(report.tenants_before == (is_shown ? 1 : 0));
    CHECK(report.counts.at("message") == 3014);
    CHECK(digest_of(backend, adopted) == digest_);
    CHECK(!heddle::abort_import(backend, adopted));
    CHECK(loom_.bytes() == bytes_);
    CHECK(std::filesystem::is_empty(loom_.temporary()));
    backend.session_storage().save_session(adopted, {.id = "later"});
  }

  LargeLoom loom_{};
  std::string bytes_ = loom_.bytes();
  support::Killer killer_;
  std::string digest_{};                 ///< of what a whole adoption stores
  std::vector<std::int64_t> batches_{};  ///< of a whole adoption
  std::vector<std::int64_t> stored_{};
  support::Ends ends_{};
};

}  // namespace crash
