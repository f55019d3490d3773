#pragma once

#include <heddle/model/message.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// One conversation of the file, cut into turns: a call of a tool and its result belong together.
struct Transcript {
  std::string tenant;
  std::string session_id;
  std::string name;
  std::vector<heddle::Turn> turns;
};

/// What a file holds, counted while it was read, apart from the turns that are made of it.
struct FileCounts {
  std::int64_t conversations = 0;
  std::int64_t messages = 0;
  std::int64_t tool_calls = 0;
  std::int64_t tool_results = 0;
};

struct TranscriptFile {
  std::vector<Transcript> transcripts;
  FileCounts counts;
};

/// Reads trajectories as tau-bench writes them. Throws std::runtime_error if the file is not of that kind.
TranscriptFile read_transcripts(const std::filesystem::path& path);
