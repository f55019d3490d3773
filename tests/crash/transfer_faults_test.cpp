#include "crash/disk_faults.hpp"
#include "crash/faulty_vfs.hpp"
#include "heddle/sqlite.hpp"
#include "heddle/transfer.hpp"
#include "support/raw_database.hpp"
#include "support/temporary_folder.hpp"
#include "support/tenant_digest.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

/// A disk that fails at SQLite's requests while a tenant is imported, or an import is undone: the call reports it and
/// ends when it is repeated, or has succeeded. Nothing is lost or stored twice.
namespace {

using crash::config_of_requests;
using crash::FaultyVfs;
using crash::fill;
using heddle::Backend;
using heddle::Sqlite;
using support::digest_of;
namespace fs = std::filesystem;

const heddle::Context tenant = heddle::Context::for_user("alice");
const heddle::Context other = heddle::Context::for_user("bob");

/// What an observer throws.
struct Enough {};

/// A database with another tenant, and the stream of a tenant that is to be imported into copies of it.
class Scene {
 public:
  Scene() {
    Backend<Sqlite> from({.path = ":memory:"});
    from.migrate();
    fill(from, tenant, 200, "alice");
    const auto add = [&](std::string_view bytes) { stream_ += bytes; };
    digest_ = heddle::export_user(from, tenant, add).records_checksum;
    nothing_ = digest_of(from, heddle::Context::for_user("unknown"));
    fs::create_directories(source_);
    Backend<Sqlite> backend(config_of_requests(source_));
    backend.migrate();
    fill(backend, other, 20, "bob");
    of_other_ = digest_of(backend, other);
  }

  /// From now on copies have half an import.
  void leave_half() {
    Backend<Sqlite> backend(config_of_requests(source_));
    const auto leave = [](const heddle::ImportProgress& /*progress*/) { throw Enough(); };
    CHECK_THROWS_AS(heddle::import_user(backend, tenant, stream_, {.on_progress = leave}), Enough);
  }

  /// Calls `attempt(backend)` on copies, with a disk that fails at a request, until the fault no longer occurs; then
  /// calls `check(backend, succeeded)` on the disk as it is then, and imports the stream if the tenant is not there.
  template <class Attempt, class Check>
  void fail_in_turn(Attempt attempt, Check check) {
    int failures = 0;
    int successes = 0;
    crash::fail_in_turn(source_, place_, 1, [&](const crash::Fault& fault) {
      disk_.inject(fault);
      const bool has_succeeded = succeeds(attempt);
      const bool has_struck = disk_.heal();
      ++(has_succeeded ? successes : failures);
      if (!has_struck) { CHECK(has_succeeded); }
      Backend<Sqlite> backend(config_of_requests(place_));
      check(backend, has_succeeded);
      if (!is_shown(backend)) { heddle::import_user(backend, tenant, stream_); }
      CHECK(digest_of(backend, tenant) == digest_);
      CHECK(!heddle::abort_import(backend, tenant));
      CHECK(digest_of(backend, other) == of_other_);
      CHECK(backend.artifact_store().verify(tenant, "s0") == heddle::ContentState::intact);
      CHECK(support::RawDatabase(config_of_requests(place_).path).text("PRAGMA integrity_check") == "ok");
      return has_struck;
    });
    CHECK(failures > 20);
    CHECK(successes >= static_cast<int>(crash::disk_faults().size()));
  }

  [[nodiscard]] static bool is_shown(Backend<Sqlite>& backend) {
    return !backend.session_storage().list_sessions(tenant).items.empty();
  }
  /// Checks that the tenant has nothing.
  void check_empty(Backend<Sqlite>& backend) const {
    CHECK(!is_shown(backend));
    CHECK(digest_of(backend, tenant) == nothing_);
    CHECK(backend.artifact_store().content_usage(tenant).stored_bytes == 0);
  }
  [[nodiscard]] const std::string& stream() const noexcept { return stream_; }

 private:
  /// Returns false if the call has reported a failure.
  template <class Attempt>
  bool succeeds(Attempt& attempt) {
    try {
      Backend<Sqlite> backend(config_of_requests(place_));
      attempt(backend);
      return true;
    } catch (const heddle::Error& error) {
      crash::check_of_disk(error);
      // Nor of the stream.
      CHECK(std::string_view(error.what()).find("of the stream") == std::string_view::npos);
      return false;
    }
  }

  FaultyVfs disk_{};
  support::TemporaryFolder folder_{};
  fs::path source_ = folder_.path() / "source";
  fs::path place_ = folder_.path() / "place";
  std::string stream_{};
  std::string digest_{};
  std::string nothing_{};
  std::string of_other_{};
};

}  // namespace

TEST_CASE("an import on a disk that fails reports it, and goes on or is undone") {
  Scene scene;
  int resumed = 0;
  int undone = 0;
  int round = 0;
  scene.fail_in_turn([&](Backend<Sqlite>& backend) { heddle::import_user(backend, tenant, scene.stream()); },
                     [&](Backend<Sqlite>& backend, bool has_succeeded) {
                       if (has_succeeded) { CHECK(Scene::is_shown(backend)); }
                       // It is there if only the end of the call has failed.
                       if (Scene::is_shown(backend)) { return; }
                       if (++round % 2 == 0) {
                         undone += heddle::abort_import(backend, tenant) ? 1 : 0;
                         scene.check_empty(backend);
                       } else {
                         resumed += heddle::import_user(backend, tenant, scene.stream()).resumed ? 1 : 0;
                       }
                     });
  MESSAGE("resumed: " << resumed << ", undone: " << undone);
  CHECK(resumed > 1);
  CHECK(undone > 1);
}

TEST_CASE("the abortion of an import on a disk that fails reports it, and ends when it is repeated") {
  Scene scene;
  scene.leave_half();
  int left = 0;
  scene.fail_in_turn([&](Backend<Sqlite>& backend) { heddle::abort_import(backend, tenant); },
                     [&](Backend<Sqlite>& backend, bool has_succeeded) {
                       const bool was_left = heddle::abort_import(backend, tenant);
                       CHECK((!was_left || !has_succeeded));
                       left += was_left ? 1 : 0;
                       scene.check_empty(backend);
                     });
  MESSAGE("left: " << left);
  CHECK(left > 5);
}
