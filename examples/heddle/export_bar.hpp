#pragma once

#include "terminal.hpp"

#include <heddle/any_backend.hpp>
#include <heddle/context.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace command {

/// The bar of an export, first of messages and executions of tools, then of the bytes of contents, then of results: of
/// these the database tells how many there are by what it counts anyway, and nearly all of a stream is of them.
class ExportBar {
 public:
  /// `what` is done, such as "exporting".
  ExportBar(heddle::AnyBackend& backend, const heddle::Context& tenant, std::string what);

  /// Takes a piece of the stream, which has whole lines.
  void add(std::string_view piece);

 private:
  /// What has a bar of its own.
  struct Part {
    const char* name;
    Progress::Unit unit = Progress::Unit::items;
    std::int64_t total = 0;
    std::int64_t done = 0;
  };

  void add_line(std::string_view line);
  void add(Part& part, std::int64_t amount);

  std::string what_;
  bool shown_;
  Part records_{.name = ""};
  Part contents_{.name = " contents", .unit = Progress::Unit::bytes};
  Part results_{.name = " results"};
  const Part* part_ = nullptr;
  std::optional<Progress> bar_;
};

}  // namespace command
