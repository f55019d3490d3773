#pragma once

#include "heddle/sqlite.hpp"
#include "support/files_with.hpp"
#include "support/temporary_folder.hpp"

#include <string>
#include <vector>

namespace crash {

/// A database in a file of its own, migrated. What another process needs to open it is its `setting`.
class FilePlace {
 public:
  FilePlace() { open(setting()).migrate(); }

  [[nodiscard]] std::string setting() const { return (folder_.path() / "heddle.db").string(); }
  [[nodiscard]] static heddle::Backend<heddle::Sqlite> open(const std::string& setting) {
    return heddle::Backend<heddle::Sqlite>({.path = setting, .administer_tenants = true});
  }

  /// Waits for what goes on behind a process that was killed: nothing does here.
  void settle() const {}

  /// Returns what has a text still, in its name or its bytes.
  [[nodiscard]] std::vector<std::string> traces_of(const std::string& text) const {
    return support::files_with(folder_.path(), text);
  }

 private:
  support::TemporaryFolder folder_;
};

}  // namespace crash
