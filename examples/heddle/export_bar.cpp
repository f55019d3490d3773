#include "export_bar.hpp"

#include "command.hpp"

#include <heddle/model/table.hpp>

#include <algorithm>
#include <cstddef>
#include <utility>

#include <unistd.h>

namespace command {
namespace {

/// How many bytes a line has as Base64, behind the name of the field.
std::int64_t bytes_in(std::string_view line) {
  constexpr std::string_view field = R"("bytes":")";
  const std::size_t found = line.find(field);
  if (found == std::string_view::npos) { return 0; }
  std::string_view text = line.substr(found + field.size());
  text = text.substr(0, text.find('"'));
  // Padding, which stands for no byte.
  const std::size_t size = text.find_last_not_of('=') + 1;
  return static_cast<std::int64_t>(size * 3 / 4);
}

}  // namespace

ExportBar::ExportBar(heddle::AnyBackend& backend, const heddle::Context& tenant, std::string what)
    : what_(std::move(what)), shown_(is_terminal(STDERR_FILENO)) {
  if (!shown_) { return; }
  const auto counts = backend.session_storage().statistics(tenant);
  records_.total = counts.messages + counts.tool_executions;
  contents_.total = backend.artifact_store().content_usage(tenant).stored_bytes;
  auto& results = backend.result_store();
  for_each_of([&](const heddle::PageRequest& page) { return results.list(tenant, page); }, 0,
              [&](const heddle::ResultMetadata& /*result*/) { ++results_.total; });
}

void ExportBar::add(std::string_view piece) {
  while (shown_ && !piece.empty()) {
    const std::size_t end = std::min(piece.find('\n'), piece.size() - 1);
    add_line(piece.substr(0, end));
    piece.remove_prefix(end + 1);
  }
}

void ExportBar::add_line(std::string_view line) {
  constexpr std::string_view begin = R"({"type":")";
  if (!line.starts_with(begin)) { return; }
  line.remove_prefix(begin.size());
  const std::string_view type = line.substr(0, line.find('"'));
  if (type == "message" || type == "tool_execution") {
    add(records_, 1);
  } else if (type == "content_chunk") {
    add(contents_, bytes_in(line));
  } else if (type == "result") {
    add(results_, 1);
  }
}

void ExportBar::add(Part& part, std::int64_t amount) {
  part.done += amount;
  if (part_ != &part) {
    part_ = &part;
    bar_.emplace(what_ + part.name, part.unit);
  }
  // Others write meanwhile, and what is hidden is exported, too.
  bar_->show(part.done, std::max(part.done, part.total));
}

}  // namespace command
