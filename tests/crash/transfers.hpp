#pragma once

#include "crash/tenant.hpp"
#include "heddle/transfer.hpp"
#include "support/killer.hpp"

#include <doctest/doctest.h>

#include <cstdint>
#include <filesystem>
#include <iterator>
#include <string>
#include <vector>

/// Processes that are killed while they import a tenant.
namespace crash {

inline const heddle::Context imported = heddle::Context::for_user("alice");

/// The child.
template <class Place>
void import_until_killed() {
  auto backend = Place::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  const std::filesystem::path stream = support::Parent::setting("HEDDLE_TEST_STREAM");
  support::work_until_killed(
      [&](const auto& end_batch) { heddle::import_user(backend, imported, stream, {.on_progress = end_batch}); });
}

/// Kills children that import a tenant. The import goes on, or is undone and begun anew; nothing is lost or stored
/// twice, and before its end nothing of it is seen.
template <class Place>
class KilledImports {
 public:
  explicit KilledImports(const std::string& child_case) : killer_(child_case) {}

  /// Checks each continuation, and returns how often each end came.
  support::Ends run() {
    {
      const Place target;
      killer_.measure(settings_for(target));
    }
    {
      const Place target;
      auto backend = Place::open(target.setting());
      batches_ = import(backend).stored;
      check_whole(backend);
    }
    REQUIRE(batches_.size() >= 4);
    support::Killer::for_each_kill(20, std::ssize(batches_), [this](std::int64_t batch) { kill(batch); });
    for (const auto& [end, times] : ends_) { MESSAGE(end << ": " << times); }
    return ends_;
  }

 private:
  struct Imported {
    bool is_resumed = false;
    /// Records that were stored behind each batch, in all.
    std::vector<std::int64_t> stored{};
  };

  [[nodiscard]] support::Killer::Settings settings_for(const Place& target) const {
    return {{"HEDDLE_TEST_TARGET", target.setting()}, {"HEDDLE_TEST_STREAM", stream_.path().string()}};
  }

  /// Behind a batch, from 1; 0: at a random moment.
  void kill(std::int64_t batch) {
    const Place target;
    CHECK((killer_.kill(settings_for(target), batch) || batch == 0));
    target.settle();
    auto backend = Place::open(target.setting());
    if (!backend.session_storage().list_sessions(imported).items.empty()) {
      CHECK(batch == 0);
      ++ends_["whole"];
    } else {
      undoes_ = !undoes_;
      if (undoes_) { undo(backend); }
      if (!undoes_) { go_on(backend, batch); }
    }
    check_whole(backend);
  }

  template <class Backend>
  void undo(Backend& backend) {
    ++ends_[heddle::abort_import(backend, imported) ? "undone" : "not begun"];
    CHECK(heddle::export_user(backend, imported, {}).records == 0);
    CHECK(backend.artifact_store().content_usage(imported).stored_bytes == 0);
    const Imported found = import(backend);
    CHECK(!found.is_resumed);
    CHECK(found.stored == batches_);
  }

  template <class Backend>
  void go_on(Backend& backend, std::int64_t batch) {
    const Imported found = import(backend);
    CHECK(is_end_of(batches_, found.stored));
    if (batch != 0) { CHECK(std::ssize(found.stored) == std::ssize(batches_) - batch); }
    ++ends_[found.is_resumed ? "went on" : "begun anew"];
  }

  template <class Backend>
  Imported import(Backend& backend) const {
    Imported result;
    const auto note = [&](const heddle::ImportProgress& progress) { result.stored.push_back(progress.stored); };
    result.is_resumed = heddle::import_user(backend, imported, stream_.path(), {.on_progress = note}).resumed;
    return result;
  }

  /// All is there, once, and the tenant can be written again.
  template <class Backend>
  void check_whole(Backend& backend) const {
    const heddle::ExportReport found = heddle::export_user(backend, imported, {});
    CHECK(found.counts == stream_.report().counts);
    CHECK(found.records_checksum == stream_.report().records_checksum);
    CHECK(!heddle::abort_import(backend, imported));
    CHECK(backend.artifact_store().verify(imported, "as0") == heddle::ContentState::intact);
    backend.session_storage().save_session(imported, {.id = "later"});
  }

  TenantStream stream_{imported};
  support::Killer killer_;
  std::vector<std::int64_t> batches_{};  ///< of a whole import
  support::Ends ends_{};
  bool undoes_ = false;
};

}  // namespace crash
