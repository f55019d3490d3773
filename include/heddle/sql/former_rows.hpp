// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/model/message.hpp"
#include "heddle/model/part.hpp"
#include "heddle/model/tool.hpp"
#include "heddle/reflection/adapt.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Rows whose words were made by a former analysis, with the texts that are searched.
namespace heddle::sql {

/// A message.
struct FormerMessage {
  std::string user_id{};
  std::int64_t branch_number = 0;
  std::int64_t sequence = 0;
  std::string content{};
  std::vector<ContentBlock> content_blocks{};
  std::vector<ToolCall> tool_calls{};
  std::optional<ToolResult> tool_result{};
  std::vector<Part> parts{};
};

/// An artifact.
struct FormerArtifact {
  std::string user_id{};
  std::string id{};
  std::string name{};
  std::string purpose{};
  std::vector<std::string> tags{};
  std::string digest{};  ///< of the three texts: they can change
};

}  // namespace heddle::sql

HEDDLE_ADAPT_STRUCT(heddle::sql::FormerMessage, user_id, branch_number, sequence, content, content_blocks, tool_calls,
                    tool_result, parts);
HEDDLE_ADAPT_STRUCT(heddle::sql::FormerArtifact, user_id, id, name, purpose, tags, digest);
