// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/analysis.hpp"
#include "heddle/text/analyzer.hpp"
#include "heddle/text/word.hpp"

#include <string_view>
#include <type_traits>

namespace heddle::text {

/// Calls `visit(const Word&)` with each word of a text in order, by the rules of doc/text_analysis.md. Any bytes are
/// allowed: NUL and what is not valid UTF-8 separate words. Allocates nothing but tables that all texts share. Throws
/// what `visit` throws, and std::bad_alloc.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  Analyzer().split(text, visit);
}

/// The same by the rules of a version of the analysis. Precondition: the program has these.
template <class Visit>
void for_each_word(int analysis, std::string_view text, Visit&& visit) {
  const Rules* const rules = rules_of(analysis);
  if (rules == nullptr) { return Analyzer().split(text, visit); }
  rules->split(text, &visit,
               [](void* context, const Word& word) { (*static_cast<std::remove_reference_t<Visit>*>(context))(word); });
}

}  // namespace heddle::text
