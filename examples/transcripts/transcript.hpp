#pragma once

#include <heddle/model/message.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

/// One conversation of the file, split into turns: a tool call and its result are in the same turn.
struct Transcript {
  std::string tenant;
  std::string session_id;
  std::string name;
  std::vector<heddle::Turn> turns;
  std::string document;  ///< the messages as the file has them: JSON of OpenAI's Chat Completions
};

/// Counts of the file's contents, taken while it is read and independent of the turns.
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

/// Reads trajectories in the format of tau-bench. Throws std::runtime_error if the file has another format,
/// heddle::Error with a JSON pointer if a message has.
TranscriptFile read_transcripts(const std::filesystem::path& path);
