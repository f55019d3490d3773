#pragma once

#include "heddle/sqlite.hpp"
#include "support/temporary_folder.hpp"

#include <cstddef>
#include <filesystem>
#include <string>
#include <utility>

namespace concurrency {

/// A migrated database in a new file, with one session "session".
class FileBackend {
 public:
  using Change = void (*)(heddle::sqlite::Config&);

  /// `change` can modify the configuration.
  explicit FileBackend(Change change = [](heddle::sqlite::Config&) {})
      : path_(folder_.path() / "heddle.db"), backend_(config(change)) {
    backend_.migrate();
    heddle::Session session;
    session.id = "session";
    backend_.session_storage().save_session({}, session);
  }

  auto& operator*() noexcept { return backend_; }
  auto& store() noexcept { return backend_.session_storage(); }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }
  [[nodiscard]] const std::filesystem::path& folder() const noexcept { return folder_.path(); }
  [[nodiscard]] std::size_t messages() { return store().load_messages({}, "session").items.size(); }

 private:
  [[nodiscard]] heddle::sqlite::Config config(Change change) const {
    heddle::sqlite::Config made{.path = path_.string()};
    change(made);
    return made;
  }

  support::TemporaryFolder folder_;
  std::filesystem::path path_;
  heddle::Backend<heddle::Sqlite> backend_;
};

}  // namespace concurrency
