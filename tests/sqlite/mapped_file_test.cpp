#include "concurrency/file_backend.hpp"
#include "heddle/sqlite.hpp"
#include "support/ledger.hpp"

#include <doctest/doctest.h>

#include <fstream>
#include <string>

/// How the system is told that a mapped database is read.
namespace {

#ifdef __linux__
struct Mappings {
  int all = 0;
  int random = 0;  ///< those for which the system reads no neighbours of a page
};

/// Counts the mappings of a file in this process.
Mappings mappings_of(const std::string& path) {
  // See proc_pid_smaps(5): a line for each mapping that ends in its file, and below it the line of its flags.
  std::ifstream lines("/proc/self/smaps");
  Mappings found;
  bool is_of_file = false;
  for (std::string line; std::getline(lines, line);) {
    if (line.find('-') < line.find(' ')) { is_of_file = line.ends_with(path); }
    if (!is_of_file || !line.starts_with("VmFlags:")) { continue; }
    ++found.all;
    if (line.find(" rr") != std::string::npos) { ++found.random; }
  }
  return found;
}

TEST_CASE("a page of a mapped database is read without its neighbours, also after the file has grown") {
  concurrency::FileBackend file;
  file.store().save_message({}, "session", support::saying("first"));
  for (int round = 0; round < 3; ++round) {
    CHECK(file.messages() == 1 + round);
    const Mappings mappings = mappings_of(file.path().string());
    CHECK(mappings.all > 0);
    CHECK(mappings.random == mappings.all);
    file.store().save_message({}, "session", support::saying(std::string(std::size_t{8} << 20U, 'x')));
  }
}
#endif

}  // namespace
