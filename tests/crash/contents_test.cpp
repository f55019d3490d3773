#include "crash/faulty_calls.hpp"
#include "heddle/sqlite.hpp"
#include "support/sanitizers.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <set>
#include <span>
#include <string>
#include <vector>

/// Every call on the files of contents fails once in turn, or is the last one of a process that is killed there. What
/// was acknowledged is stored, and after a sweep the files are those that the rows name.
namespace {

namespace fs = std::filesystem;
using crash::CallFault;
using crash::FaultyCalls;
using crash::survives;
using heddle::ArtifactContent;
using heddle::ErrorCode;

const std::string old_content(10'000, 'o');
/// More than one transaction stores.
const std::string new_content((std::size_t{5} << 20U) + 1, 'n');

/// Artifacts with contents, and calls on them.
class Scenario {
 public:
  Scenario(const fs::path& folder, ArtifactContent place)
      : config_{.path = (folder / "x.db").string(), .mmap_bytes = 0, .artifact_content = place},
        diary_(folder / "acknowledged") {
    heddle::Backend<heddle::Sqlite> backend(config_);
    backend.migrate();
    auto& store = backend.artifact_store();
    backend.session_storage().save_session({}, {.id = "s"});
    store.put({}, {.id = "old"}, old_content);
    store.put({}, {.id = "removed"}, "removed");
    store.put({}, {.id = "in session", .session_id = "s"}, "in session");
  }

  /// Makes all calls; writes down which of them have returned, and which have changed nothing.
  void run() const {
    attempt("open", [&] {
      heddle::Backend<heddle::Sqlite> backend(config_);
      auto& store = backend.artifact_store();
      attempt("new", [&] { store.put({}, {.id = "new"}, new_content); });
      attempt("next", [&] { store.put({}, {.id = "old"}, "next"); });
      attempt("twin", [&] { store.put({}, {.id = "twin"}, old_content); });
      attempt("remove", [&] { store.remove({}, "removed", heddle::DeleteMode::hard); });
      attempt("session", [&] { backend.session_storage().delete_session({}, "s"); });
      attempt("read", [&] {
        const std::string read = store.open({}, "old", 1).rest();
        CHECK(read == old_content);
      });
      attempt("verify", [&] {
        const auto state = store.verify({}, "old", 1);
        CHECK(state == heddle::ContentState::intact);
      });
      attempt("sweep", [&] { store.sweep_orphans({}, std::chrono::seconds(0)); });
    });
  }

  /// Compares what is stored with what was acknowledged, and the files with the rows.
  void check() const {
    const auto outcomes = this->outcomes();
    heddle::Backend<heddle::Sqlite> backend(config_);
    auto& store = backend.artifact_store();
    store.sweep_orphans({}, std::chrono::seconds(0));
    const auto became = [&](const char* name) {
      const auto found = outcomes.find(name);
      return found == outcomes.end() ? std::string() : found->second;
    };
    const auto expect = [&](const char* name, bool is_stored) {
      CAPTURE(name);
      if (became(name) == "returned") { CHECK(is_stored); }
      if (became(name) == "nothing") { CHECK_FALSE(is_stored); }
    };
    expect("new", store.get({}, "new").has_value());
    expect("twin", store.get({}, "twin").has_value());
    expect("next", store.get({}, "old")->version == 2);
    // A removal whose file cannot be removed has removed the row.
    if (became("remove") == "returned") { CHECK_FALSE(store.get({}, "removed").has_value()); }
    if (became("session") == "returned") { CHECK_FALSE(store.get({}, "in session").has_value()); }
    CHECK(store.open({}, "old", 1).rest() == old_content);

    std::map<std::string, std::int64_t> sizes;
    for (const auto& artifact : store.list({}).items) {
      for (const auto& version : store.versions({}, artifact.id).items) {
        CHECK(store.verify({}, artifact.id, version.version) == heddle::ContentState::intact);
        sizes[version.checksum] = version.size_bytes;
      }
    }
    std::int64_t bytes = 0;
    for (const auto& [checksum, size] : sizes) { bytes += size; }
    CHECK(store.content_usage({}).stored_bytes == bytes);
    if (config_.artifact_content == ArtifactContent::files) {
      std::vector<fs::path> files;
      for (const auto& entry : fs::directory_iterator(contents())) { files.push_back(entry.path()); }
      CHECK(files.size() == sizes.size());
    }
    CHECK(store.sweep_orphans({}, std::chrono::seconds(0)) == 0);
    // The backend works as before.
    CHECK(store.put({}, {.id = "after"}, "after").version == 1);
    CHECK(store.open({}, "after").rest() == "after");
  }

  [[nodiscard]] const heddle::sqlite::Config& config() const noexcept { return config_; }

 private:
  [[nodiscard]] fs::path contents() const { return config_.path + "-artifacts/default-user/contents"; }

  void attempt(const char* name, const std::function<void()>& action) const {
    std::string outcome = "returned";
    try {
      action();
    } catch (const heddle::Error& error) {
      outcome = error.in_doubt() ? "in doubt" : "nothing";
      const ErrorCode code = error.code();
      // A fault of the disk is neither the caller's nor Heddle's, and no damage.
      const bool is_other = code == ErrorCode::invalid_argument || code == ErrorCode::internal ||
                            code == ErrorCode::not_found || code == ErrorCode::data_loss;
      CHECK_MESSAGE(!is_other, name, ": ", std::string(error.what()));
    }
    std::ofstream(diary_, std::ios::app) << name << '\t' << outcome << '\n';
  }

  [[nodiscard]] std::map<std::string, std::string> outcomes() const {
    std::map<std::string, std::string> all;
    std::ifstream diary(diary_);
    for (std::string line; std::getline(diary, line);) {
      const auto tab = line.find('\t');
      all[line.substr(0, tab)] = line.substr(tab + 1);
    }
    return all;
  }

  heddle::sqlite::Config config_;
  fs::path diary_;
};

}  // namespace

TEST_CASE("every call on the files of contents that fails is reported, or has succeeded") {
  for (const auto& kind : crash::failing_calls()) {
    CAPTURE(kind.first);
    CallFault fault = kind.second;
    int struck = 0;
    for (bool more = true; more; fault.at += support::stride_of_faults) {
      CAPTURE(fault.at);
      const support::TemporaryFolder folder;
      const Scenario scenario(folder.path(), ArtifactContent::files);
      FaultyCalls::all().inject(fault);
      scenario.run();
      more = FaultyCalls::all().heal();
      struck += more ? 1 : 0;
      scenario.check();
    }
    CHECK(struck * support::stride_of_faults > 40);
  }
}

TEST_CASE("a process that is killed at any call on the files of contents leaves what a sweep removes") {
  for (const bool done_first : {false, true}) {
    CAPTURE(done_first);
    CallFault fault{.done_first = done_first, .kill = true};
    for (bool killed = true; killed; fault.at += support::stride_of_faults) {
      CAPTURE(fault.at);
      const support::TemporaryFolder folder;
      const Scenario scenario(folder.path(), ArtifactContent::files);
      killed = !survives([&] {
        FaultyCalls::all().inject(fault);
        scenario.run();
      });
      scenario.check();
    }
    CHECK(fault.at > 40);
  }
}

TEST_CASE("a process that is killed while it puts leaves nothing that a sweep does not remove") {
  for (const ArtifactContent place : {ArtifactContent::files, ArtifactContent::database}) {
    for (int last = 1; last <= 6; ++last) {
      CAPTURE(last);
      const support::TemporaryFolder folder;
      const Scenario scenario(folder.path(), place);
      CHECK_FALSE(survives([&] {
        heddle::Backend<heddle::Sqlite> backend(scenario.config());
        int count = 0;
        backend.artifact_store().put({}, {.id = "new"}, [&](std::span<char> buffer) {
          if (++count == last) { ::kill(::getpid(), SIGKILL); }
          return buffer.size();
        });
      }));
      heddle::Backend<heddle::Sqlite> backend(scenario.config());
      CHECK_FALSE(backend.artifact_store().get({}, "new").has_value());
      backend.close();
      scenario.check();
    }
  }
}
