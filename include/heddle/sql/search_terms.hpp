// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace heddle::sql {

/// A set of places of a message: a bit for each `SearchPlace`, in the order of the enumeration.
inline constexpr std::int64_t all_places = 15;

/// The words and phrases of a query, in order. Refers to the query.
struct SearchTerms {
  std::vector<std::string_view> list{};
  bool any = false;                  ///< a text needs one of them, not all
  bool begins_word = false;          ///< the last one, if it is one word, is the beginning of one
  std::int64_t places = all_places;  ///< of a message, in which they are looked for
};

}  // namespace heddle::sql
