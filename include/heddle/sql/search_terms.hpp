// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <string_view>
#include <vector>

namespace heddle::sql {

/// The words and phrases of a query, in order. Refers to the query.
struct SearchTerms {
  std::vector<std::string_view> list{};
  bool any = false;          ///< a text needs one of them, not all
  bool begins_word = false;  ///< the last one, if it is one word, is the beginning of one
};

}  // namespace heddle::sql
