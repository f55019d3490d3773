#pragma once

#include <cstddef>
#include <filesystem>
#include <fstream>
#include <ios>
#include <string>
#include <vector>

namespace support {

/// Returns the names of what is below a folder that has a text: in its name, or in its bytes if it is a file.
inline std::vector<std::string> files_with(const std::filesystem::path& folder, const std::string& text) {
  std::vector<std::string> found;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().filename().string();
    std::string bytes;
    if (entry.is_regular_file()) {
      std::ifstream stream(entry.path(), std::ios::binary);
      bytes.resize(static_cast<std::size_t>(entry.file_size()));
      stream.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    if (name.find(text) != std::string::npos || bytes.find(text) != std::string::npos) { found.push_back(name); }
  }
  return found;
}

}  // namespace support
