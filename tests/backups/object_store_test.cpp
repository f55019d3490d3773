#include "heddle/sqlite/backups/object_store.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <set>
#include <string>
#include <string_view>

// Which bytes of former backups stay.

namespace fs = std::filesystem;
using namespace heddle;
using sqlite::backups::ObjectStore;

TEST_CASE("what a backup does not name leaves its objects, and nothing else does; the list is read once") {
  const support::TemporaryFolder folder;
  const fs::path root = folder.path() / sqlite::backups::objects_name;
  const auto make = [&](const std::string& in, const std::string& name) {
    fs::create_directories(root / in);
    std::ofstream(root / in / name) << "bytes";
  };
  constexpr std::string_view digits = "0123456789abcdef";
  std::set<std::string> needed;
  std::set<std::string> former;
  for (std::size_t number = 0; number < 200; ++number) {
    std::string checksum(64, 'a');
    checksum[0] = digits[number % 16];
    checksum[1] = digits[number / 16];
    // Some are equal up to here.
    checksum[8 + number % 3] = 'b';
    make(checksum.substr(0, 2), checksum);
    (number % 3 == 0 ? needed : former).insert(checksum);
  }
  make("0a", "other");
  make("lost+found", "other");
  const auto backup = stores::detail::OpenFolder::at(folder.path());
  REQUIRE(backup.has_value());
  int reads = 0;
  ObjectStore(*backup).keep_only([&](auto&& keep) {
    ++reads;
    for (const std::string& checksum : needed) { keep(checksum); }
  });
  CHECK(reads == 1);
  for (const std::string& checksum : needed) { CHECK(fs::exists(root / checksum.substr(0, 2) / checksum)); }
  for (const std::string& checksum : former) { CHECK_FALSE(fs::exists(root / checksum.substr(0, 2) / checksum)); }
  CHECK_FALSE(fs::exists(root / "0a" / "other"));
  CHECK(fs::exists(root / "lost+found" / "other"));
}
