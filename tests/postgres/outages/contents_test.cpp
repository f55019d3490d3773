#include "heddle/postgres.hpp"
#include "postgres/outages/cuts.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/long_run.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <iterator>
#include <span>
#include <string>
#include <utility>

using namespace heddle;
using cuts::cut_at_every_message;
using cuts::Fate;
using cuts::fate_of;
using cuts::Start;
using support::ProxiedBackend;
namespace fs = std::filesystem;

/// The connection is cut at every message of a put: the content is stored whole or not, and after a sweep rows and
/// files agree.
namespace {

/// Puts with keys, each of another content.
class Puts {
  [[nodiscard]] auto& store() const { return (*here_).artifact_store(); }

 public:
  Puts(ProxiedBackend& here, fs::path folder, std::size_t size)
      : here_(here), folder_(std::move(folder)), size_(size) {}

  void put(const std::string& name) const {
    const auto version = store().put({}, {.id = name}, content(name), {.idempotency_key = name});
    CHECK(version.artifact_id == name);
    CHECK(version.version == 1);
    CHECK(version.size_bytes == static_cast<std::int64_t>(size_));
  }

  /// Compares what a put has left with its outcome, repeats it, and removes what it has stored.
  void check(const std::string& name, const Fate& fate) {
    const bool stored = store().get({}, name).has_value();
    if (fate.acknowledged) { CHECK(stored); }
    if (!fate.acknowledged && !fate.in_doubt) { CHECK_FALSE(stored); }
    if (fate.in_doubt) { (stored ? happened_ : lost_)++; }
    store().remove({}, "warm-" + name, DeleteMode::hard);
    store().sweep_orphans({}, std::chrono::seconds(0));
    agree(stored ? 1 : 0);
    put(name);
    agree(1);
    CHECK(store().open({}, name).rest() == content(name));
    store().remove({}, name, DeleteMode::hard);
    agree(0);
  }

  /// Both kinds of doubt occurred; otherwise this tests nothing.
  void check_variety() const {
    CHECK(happened_ > 0);
    CHECK(lost_ > 0);
  }

  /// Puts more than one transaction stores, while the server goes away at the n-th read, for all n, and comes back
  /// later: nothing can be removed at once.
  void leave_uploads() const {
    int left = 0;
    constexpr int reads = 8;
    for (int last = 1; last <= reads; ++last) {
      CAPTURE(last);
      int count = 0;
      const Fate fate = fate_of([&] {
        store().put({}, {.id = "left"}, [&](std::span<char> buffer) {
          if (++count == last) { here_.proxy().stop(); }
          return count > reads ? 0 : buffer.size();
        });
      });
      CHECK_FALSE(fate.acknowledged);
      here_.proxy().start();
      CHECK_FALSE(store().get({}, "left").has_value());
      left += here_.server().integer("SELECT count(*) FROM content_uploads") == 1 ? 1 : 0;
      store().sweep_orphans({}, std::chrono::seconds(0));
      agree(0);
    }
    CHECK(left > 0);
  }

 private:
  [[nodiscard]] std::string content(const std::string& name) const {
    return name + std::string(size_ - name.size(), 'c');
  }

  /// Checks that there are as many contents, with all their bytes, and nothing else.
  void agree(std::int64_t contents) const {
    auto& server = here_.server();
    const auto bytes = contents * static_cast<std::int64_t>(size_);
    CHECK(server.integer("SELECT count(*) FROM contents") == contents);
    CHECK(server.integer("SELECT count(*) FROM artifact_versions") == contents);
    CHECK(server.integer("SELECT count(*) FROM content_uploads") == 0);
    CHECK(server.integer("SELECT coalesce(sum(stored_bytes), 0) FROM content_usage") == bytes);
    if (folder_.empty()) {
      CHECK(server.integer("SELECT coalesce(sum(length(c.bytes)), 0) FROM content_chunks c JOIN contents USING "
                           "(user_id, number)") == bytes);
      CHECK(server.integer("SELECT coalesce(sum(length(bytes)), 0) FROM content_chunks") == bytes);
    } else {
      CHECK(server.integer("SELECT count(*) FROM content_chunks") == 0);
      const fs::path files = folder_ / "default-user" / "contents";
      CHECK((!fs::exists(files) ? 0 : std::distance(fs::directory_iterator(files), {})) == contents);
    }
  }

  ProxiedBackend& here_;
  fs::path folder_;
  std::size_t size_;
  int happened_ = 0;
  int lost_ = 0;
};

void cut_puts(ProxiedBackend& here, Start start, Puts& puts, int stride = 1) {
  cut_at_every_message(
      here, start, [&](const std::string& name) { puts.put(name); },
      [&](const std::string& name, const Fate& fate) { puts.check(name, fate); }, stride);
  puts.check_variety();
}

}  // namespace

TEST_CASE("postgres faults: cut at every message of a put into the database, in one transaction") {
  ProxiedBackend here(1);
  Puts puts(here, {}, 1000);
  cut_puts(here, Start::cold, puts);
}

TEST_CASE("postgres faults: cut at messages of a put into the database, in several transactions") {
  ProxiedBackend here(1);
  Puts puts(here, {}, (std::size_t{4} << 20U) + 1000);
  cut_puts(here, Start::cold, puts, static_cast<int>(support::size_of_run(3, 1)));
}

TEST_CASE("postgres faults: cut at every message of a put into a file") {
  const support::TemporaryFolder folder;
  ProxiedBackend here(1, folder.path());
  Puts puts(here, folder.path(), 1000);
  cut_puts(here, Start::warm, puts);
}

TEST_CASE("postgres faults: a put whose server goes away leaves nothing that a sweep does not remove") {
  const support::TemporaryFolder folder;
  ProxiedBackend database(1);
  Puts(database, {}, 0).leave_uploads();
  ProxiedBackend files(1, folder.path());
  Puts(files, folder.path(), 0).leave_uploads();
}
