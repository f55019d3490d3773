// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/sqlite/indexing/filler.hpp"
#include "heddle/sqlite/indexing/indexer.hpp"
#include "heddle/sqlite/search/search_functions.hpp"
#include "heddle/sqlite/search/word_functions.hpp"

#include <atomic>
#include <new>
#include <string_view>

namespace heddle::sqlite::indexing {

/// The parts that split texts into words, for the whole program: see `Filler` and `search::WordFunctions`. Operations
/// call `compile` that search, that change artifacts, or that remove or replace messages, and migrations.
template <class Connection>
class SearchParts {
 public:
  /// Makes the program have these parts, from before `main` on, or from the call on.
  static void compile() noexcept {
    if (!is_compiled) { register_all(); }
  }

 private:
  static bool register_all() noexcept {
    search::WordFunctions::of_program.store(&search::word_functions<std::string_view>, std::memory_order_release);
    Filler::of_program.store(&make_indexer, std::memory_order_release);
    return true;
  }

  static Filler* make_indexer(void* owner, Filler::TurnOf turn) noexcept {
    try {
      return new Indexer<Connection>(owner, turn);
    } catch (const std::bad_alloc&) { return nullptr; }
  }

  static inline const bool is_compiled = register_all();
};

}  // namespace heddle::sqlite::indexing
