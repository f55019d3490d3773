// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/text/analyzer.hpp"
#include "heddle/text/word.hpp"

#include <string_view>

namespace heddle::text {

/// Calls `visit(const Word&)` with each word of a text in order, by the rules of doc/text_analysis.md. Any bytes are
/// allowed: NUL and what is not valid UTF-8 separate words. Allocates nothing but tables that all texts share. Throws
/// what `visit` throws, and std::bad_alloc.
template <class Visit>
void for_each_word(std::string_view text, Visit&& visit) {
  Analyzer().split(text, visit);
}

}  // namespace heddle::text
