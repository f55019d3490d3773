#pragma once

#include "heddle/error.hpp"
#include "heddle/model/data_reference.hpp"
#include "heddle/model/table.hpp"

#include <memory>
#include <utility>
#include <vector>

namespace heddle {

/// Stores a result row by row; `write` of a result store makes it. Nothing is stored before `finish`. It holds the
/// image of the rows, at most `limits::image`, and none of the rows. One thread at a time; it must not outlive its
/// backend.
class ResultWriter {
 public:
  /// What a store implements.
  class Sink {
   public:
    Sink() = default;
    Sink(const Sink&) = delete;
    Sink& operator=(const Sink&) = delete;
    Sink(Sink&&) = delete;
    Sink& operator=(Sink&&) = delete;
    virtual ~Sink() = default;
    /// See ResultWriter::append.
    virtual void append(const std::vector<Cell>& row) = 0;
    /// See ResultWriter::finish.
    virtual DataReference finish() = 0;
  };

  /// Made by a store.
  explicit ResultWriter(std::unique_ptr<Sink> sink) : sink_(std::move(sink)) {}

  /// Appends a row. Throws `invalid_argument` for a row that cannot be stored, which is not appended;
  /// `resource_exhausted` if the image would be larger than `limits::image`, after which the writer is of no use;
  /// `failed_precondition` after `finish`, or if it is of no use or was moved from; and what `Context::check` throws.
  void append(const std::vector<Cell>& row) { sink().append(row); }
  /// Stores the result; returns a reference to it. Throws what `store` of a result store throws; it can be called again
  /// then. Throws `failed_precondition` after a `finish` that succeeded, and if it was moved from.
  DataReference finish() {
    DataReference reference = sink().finish();
    sink_.reset();
    return reference;
  }

 private:
  [[nodiscard]] Sink& sink() const {
    if (!sink_) {
      throw Error(ErrorCode::failed_precondition,
                  "the result is stored already, or the writer was moved from: begin another one");
    }
    return *sink_;
  }

  std::unique_ptr<Sink> sink_;
};

}  // namespace heddle
