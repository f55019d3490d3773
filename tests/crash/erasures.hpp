#pragma once

#include "crash/tenant.hpp"
#include "heddle/erasure.hpp"
#include "heddle/transfer.hpp"
#include "support/expect_error.hpp"
#include "support/killer.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

/// Processes that are killed while they erase a tenant.
namespace crash {

/// Its id is nowhere by chance.
inline const heddle::Context erased = heddle::Context::for_user("zanzibar7788");
inline const heddle::Context kept = heddle::Context::for_user("bob");

/// The child.
template <class Place>
void erase_until_killed() {
  auto backend = Place::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  support::work_until_killed([&](const auto& end_batch) {
    heddle::erase_user(backend, erased, {.idempotency_key = "k", .on_progress = end_batch});
  });
}

/// Kills children that erase a tenant. The erasure goes on, counts nothing twice, leaves nothing of the tenant and all
/// of others, and its receipt is the one that it would have had; before that the tenant stays closed.
template <class Place>
class KilledErasures {
 public:
  explicit KilledErasures(const std::string& child_case) : killer_(child_case) {}

  /// Checks each continuation, and returns how often each end came.
  support::Ends run() {
    {
      const Filled target(stream_);
      killer_.measure(settings_for(target.place));
    }
    {
      const Filled target(stream_);
      CHECK(!target.place.traces_of(erased.user_id).empty());
      auto backend = Place::open(target.place.setting());
      expected_ = erase(backend);
      batches_ = removed_;
    }
    CHECK(expected_.counts.at("messages") > 1600);
    // Contents lie in files, or in the database.
    CHECK((expected_.files == TenantStream::sessions || expected_.counts.contains("content_chunks")));
    REQUIRE(batches_.size() > 8);
    support::Killer::for_each_kill(6, std::ssize(batches_), [this](std::int64_t batch) { kill(batch); });
    for (const auto& [end, times] : ends_) { MESSAGE(end << ": " << times); }
    return ends_;
  }

 private:
  /// A place with the tenant and another one.
  struct Filled {
    explicit Filled(const TenantStream& stream) {
      auto backend = Place::open(place.setting());
      heddle::import_user(backend, erased, stream.path());
      backend.session_storage().save_session(kept, {.id = "s"});
      backend.session_storage().save_message(kept, "s", {.content = "other words"});
      backend.artifact_store().put(kept, {.id = "a", .name = "kept"}, std::string(30'000, 'y'));
      of_kept = digest_of(backend, kept);
    }

    Place place{};
    std::string of_kept{};
  };

  static support::Killer::Settings settings_for(const Place& target) {
    return {{"HEDDLE_TEST_TARGET", target.setting()}};
  }

  /// Notes how many rows were removed behind each batch.
  template <class Backend>
  heddle::ErasureReceipt erase(Backend& backend) {
    removed_.clear();
    const auto note = [this](const heddle::ErasureProgress& progress) { removed_.push_back(progress.removed); };
    return heddle::erase_user(backend, erased, {.idempotency_key = "k", .on_progress = note});
  }

  /// Behind a batch, from 1; 0: at a random moment.
  void kill(std::int64_t batch) {
    const Filled target(stream_);
    CHECK((killer_.kill(settings_for(target.place), batch) || batch == 0));
    target.place.settle();
    auto backend = Place::open(target.place.setting());
    if (batch != 0) { check_closed(backend); }
    const heddle::ErasureReceipt receipt = erase(backend);
    // It removed what the killed process has left.
    const std::int64_t rest = removed_.empty() ? 0 : removed_.back();
    if (batch != 0) { CHECK(rest == batches_.back() - batches_[static_cast<std::size_t>(batch - 1)]); }
    ++ends_[rest == batches_.back() ? "begun anew" : rest == 0 ? "rows were gone" : "went on"];
    CHECK(receipt.counts == expected_.counts);
    CHECK(receipt.files == expected_.files);
    CHECK(receipt.bytes == expected_.bytes);
    CHECK(receipt.awaits_vacuum == expected_.awaits_vacuum);
    CHECK(target.place.traces_of(erased.user_id).empty());
    CHECK(digest_of(backend, kept) == target.of_kept);
    CHECK(backend.artifact_store().verify(kept, "a") == heddle::ContentState::intact);
    CHECK(erase(backend) == receipt);
    backend.session_storage().save_session(erased, {.id = "anew"});
  }

  template <class Backend>
  static void check_closed(Backend& backend) {
    auto& store = backend.session_storage();
    CHECK(store.list_sessions(erased).items.empty());
    CHECK(support::code_of([&] { store.save_session(erased, {.id = "anew"}); }) ==
          heddle::ErrorCode::failed_precondition);
  }

  TenantStream stream_{erased};
  support::Killer killer_;
  heddle::ErasureReceipt expected_{};
  std::vector<std::int64_t> batches_{};  ///< of a whole erasure
  std::vector<std::int64_t> removed_{};
  support::Ends ends_{};
};

}  // namespace crash
