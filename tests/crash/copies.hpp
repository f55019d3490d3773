#pragma once

#include "crash/tenant.hpp"
#include "heddle/copy.hpp"
#include "heddle/transfer.hpp"
#include "support/killer.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <string>
#include <vector>

/// Processes that are killed while they copy all tenants.
namespace crash {

inline constexpr int tenants = 5;

inline heddle::Context tenant(int number) { return heddle::Context::for_user("tenant " + std::to_string(number)); }

/// Stores tenants of more than one batch each.
template <class Backend>
void fill(Backend& backend) {
  for (int number = 0; number < tenants; ++number) { fill_tenant(backend, tenant(number), 10, 100); }
}

/// The child. Its steps are batches.
template <class From, class To>
void copy_until_killed() {
  auto from = From::open(support::Parent::setting("HEDDLE_TEST_SOURCE"));
  auto to = To::open(support::Parent::setting("HEDDLE_TEST_TARGET"));
  support::work_until_killed([&](const auto& end_batch) {
    const auto on_progress = [&](const heddle::CopyProgress& progress) {
      if (progress.state == heddle::CopyState::storing) { end_batch(progress); }
    };
    heddle::copy(from, to, {}, {.on_progress = on_progress});
  });
}

/// Kills children that copy all tenants; the copy goes on each time, and nothing is lost or stored twice.
template <class From, class To>
class KilledCopies {
 public:
  explicit KilledCopies(const std::string& child_case) : killer_(child_case) { fill(from_); }

  struct Continued {
    std::int64_t unchanged = 0;  ///< tenants that were whole
    std::int64_t resumed = 0;    ///< tenants that were half there
  };

  /// Checks each continuation, and returns what they found.
  Continued run() {
    const std::vector<std::int64_t> tenants_of_batches = list_batches();
    REQUIRE(tenants_of_batches.size() > std::size_t{2} * tenants);
    {
      const To target;
      killer_.measure(settings_for(target));
    }
    Continued found;
    support::Killer::for_each_kill(6, std::ssize(tenants_of_batches), [&](std::int64_t batch) {
      const To target;
      CHECK((killer_.kill(settings_for(target), batch) || batch == 0));
      target.settle();
      const heddle::CopyReport report = go_on(target);
      if (batch != 0) {
        // Behind a batch a tenant is half imported, and those before it are whole.
        CHECK(report.resumed == 1);
        CHECK(report.unchanged == tenants_of_batches[static_cast<std::size_t>(batch - 1)] - 1);
      }
      CHECK(report.copied + report.unchanged == tenants);
      found.unchanged += report.unchanged;
      found.resumed += report.resumed;
    });
    MESSAGE("tenants that were whole: " << found.unchanged << ", that went on: " << found.resumed);
    return found;
  }

 private:
  [[nodiscard]] support::Killer::Settings settings_for(const To& target) const {
    return {{"HEDDLE_TEST_SOURCE", source_.setting()}, {"HEDDLE_TEST_TARGET", target.setting()}};
  }

  /// Returns the number of the tenant of each batch of a whole copy.
  std::vector<std::int64_t> list_batches() {
    const To target;
    auto to = To::open(target.setting());
    std::vector<std::int64_t> list;
    const auto note = [&](const heddle::CopyProgress& progress) {
      if (progress.state == heddle::CopyState::storing) { list.push_back(progress.number); }
    };
    CHECK(heddle::copy(from_, to, {}, {.on_progress = note}).copied == tenants);
    return list;
  }

  /// Copies to the end, and compares.
  heddle::CopyReport go_on(const To& target) {
    auto to = To::open(target.setting());
    heddle::CopyReport report = heddle::copy(from_, to);
    CHECK(report.tenants == tenants);
    for (int number = 0; number < tenants; ++number) {
      CAPTURE(number);
      CHECK(digest_of(to, tenant(number)) == digest_of(from_, tenant(number)));
      CHECK(!heddle::abort_import(to, tenant(number)));
    }
    CHECK(heddle::copy(from_, to).unchanged == tenants);
    return report;
  }

  support::Killer killer_;
  From source_{};
  decltype(From::open(std::string())) from_ = From::open(source_.setting());
};

}  // namespace crash
