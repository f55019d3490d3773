#pragma once

#include <doctest/doctest.h>

#include <cstdint>
#include <fstream>
#include <string>

namespace support {

/// Returns how much memory of its own the process has, in bytes: without files that are mapped.
[[nodiscard]] inline std::int64_t own_bytes() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("RssAnon:")) { return std::stoll(line.substr(8)) * 1024; }
  }
  FAIL("the system does not tell how much memory a process has");
  return 0;
}

}  // namespace support
