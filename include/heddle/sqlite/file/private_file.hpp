// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <sys/stat.h>

#include <string>

namespace heddle::sqlite::file {

/// Makes a file that does not exist yet readable for its owner only. SQLite gives the journal, the log and its index
/// the mode of the database. A file that exists keeps its mode.
///
/// No descriptor of the file is ever opened here: closing one would drop the locks that the process holds on it.
class PrivateFile {
 public:
  /// To be called before SQLite opens the file: makes an empty one.
  explicit PrivateFile(const std::string& path) : path_(path) {
    struct stat found {};
    is_new_ = ::stat(path.c_str(), &found) != 0;
    // Not by open(), which returns a descriptor. Some systems permit this only to a superuser.
    if (is_new_) { static_cast<void>(::mknod(path.c_str(), S_IFREG | owner_only, 0)); }
  }

  /// To be called when SQLite has opened the file: it has made it if the constructor could not.
  void restrict_mode() const noexcept {
    if (is_new_) { static_cast<void>(::chmod(path_.c_str(), owner_only)); }
  }

 private:
  static constexpr mode_t owner_only = S_IRUSR | S_IWUSR;

  std::string path_;
  bool is_new_ = false;
};

}  // namespace heddle::sqlite::file
