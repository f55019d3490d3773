#pragma once

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

namespace support {

/// Returns the project's folder.
inline std::filesystem::path project_folder() {
  return std::filesystem::absolute(__FILE__).parent_path().parent_path().parent_path();
}

/// Returns the commands in a document of include/heddle/doc: the block after the line `<!-- test: NAME -->`.
inline std::string commands_of(const std::string& document, const std::string& name) {
  std::ifstream file(project_folder() / "include/heddle/doc" / document);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string start = "<!-- test: " + name + " -->\n```sh\n";
  const auto found = text.find(start);
  if (found == std::string::npos) { throw std::runtime_error(document + " has no commands named " + name); }
  const auto begin = found + start.size();
  return text.substr(begin, text.find("```\n", begin) - begin);
}

/// Runs the commands in a folder and stops at the first failure; returns true if none failed.
inline bool succeeds(const std::string& commands, const std::filesystem::path& folder) {
  std::vector<std::string> words{"bash", "-euc", "cd \"$0\"; eval \"$1\"", folder.string(), commands};
  std::vector<char*> arguments;
  for (std::string& word : words) { arguments.push_back(word.data()); }
  arguments.push_back(nullptr);
  pid_t process = 0;
  int status = 0;
  if (::posix_spawnp(&process, "bash", nullptr, nullptr, arguments.data(), environ) != 0) {
    throw std::runtime_error("bash is missing");
  }
  while (::waitpid(process, &status, 0) < 0 && errno == EINTR) {}
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

}  // namespace support
