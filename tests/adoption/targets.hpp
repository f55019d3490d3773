#pragma once

#include <heddle/context.hpp>
#include <heddle/model/adoption.hpp>
#include <heddle/model/message_window.hpp>

#include "conformance/subjects.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The databases into which the tests adopt: compiled once for each backend.
namespace adoption {

#ifdef HEDDLE_CONFORMANCE_POSTGRES
using Target = conformance::OnServer;
using OtherTarget = conformance::ErasedServer;
#else
using Target = conformance::OnFile;
using OtherTarget = conformance::Erased;
#endif

/// The tenant of a `loom.db`.
inline const heddle::Context file_tenant = heddle::Context::for_user("default-user");

/// Returns the rows of all notes on a column of a table.
inline std::int64_t rows_of(const std::vector<heddle::AdoptionNote>& notes, std::string_view table,
                            std::string_view column = {}) {
  std::int64_t rows = 0;
  for (const auto& note : notes) {
    if (note.table == table && note.column == column) { rows += note.rows; }
  }
  return rows;
}

/// Returns all messages of a session, those that are folded away, too.
template <class Backend>
auto all_messages(Backend& backend, const std::string& session) {
  return backend.session_storage()
      .load_messages(file_tenant, session, heddle::MessageWindow{.whole_exchanges = false, .folds = false})
      .messages;
}

}  // namespace adoption
