#pragma once

#include "heddle/reflection/for_each_name.hpp"

#include <cstddef>
#include <cstdint>

/// Limits of every backend. They are checked before anything is sent. Sizes are bytes of UTF-8.
namespace heddle::limits {

inline constexpr std::size_t id = 255;                              ///< ids, user ids, idempotency keys
inline constexpr std::size_t provider_id = std::size_t{64} << 10U;  ///< ids and signatures that providers make
inline constexpr std::size_t name = 4096;                           ///< names, paths, tags, short texts
inline constexpr std::size_t text = std::size_t{16} << 20U;  ///< message content, snapshots, raw errors, JSON values
inline constexpr std::size_t query = 4096;                   ///< a search query
inline constexpr std::size_t query_terms = 64;               ///< words and phrases of a search query that needs all
inline constexpr std::size_t any_terms = 256;                ///< those that are looked for if one is enough
inline constexpr std::int64_t search_candidates = 10000;     ///< matches that are ranked unless it is configured
inline constexpr std::int64_t most_search_candidates = 1'000'000;       ///< as many can be configured
inline constexpr std::size_t snippet = 200;                             ///< code points of a snippet
inline constexpr std::size_t json_depth = 512;                          ///< the nesting of a JSON value
inline constexpr std::size_t list = 4096;                               ///< entries of a list or map in a record
inline constexpr std::size_t image = std::size_t{256} << 20U;           ///< one stored result
inline constexpr std::int64_t content = std::int64_t{1} << 40U;         ///< one content of an artifact
inline constexpr std::int64_t tokens = std::int64_t{1} << 38U;          ///< of a message, or of a saved session
inline constexpr double dollars = 1e12;                                 ///< of a message, or of a saved session
inline constexpr std::size_t awaited = 100;                             ///< requests to humans that one call waits for
inline constexpr std::int64_t page = 10000;                             ///< items of one page
inline constexpr std::int64_t sequence = (std::int64_t{1} << 24U) - 1;  ///< messages of one session

/// The longest text of a member of a record; of each text in it, if the member is a list. Specialised beside a struct
/// for members whose texts are shorter than `text`. A key of a map has at most `name` bytes.
template <auto Member>
inline constexpr std::size_t of = text;

}  // namespace heddle::limits

#define HEDDLE_DETAIL_LIMIT(type_and_bytes, member)                                             \
  template <>                                                                                   \
  inline constexpr std::size_t heddle::limits::of<&HEDDLE_DETAIL_TYPE type_and_bytes::member> = \
      HEDDLE_DETAIL_BYTES type_and_bytes;
#define HEDDLE_DETAIL_TYPE(Type, bytes) Type
#define HEDDLE_DETAIL_BYTES(Type, bytes) bytes

/// Sets the longest text of members of a struct: HEDDLE_LIMIT_TEXTS(Type, bytes, member...). Must be used outside of
/// all namespaces.
#define HEDDLE_LIMIT_TEXTS(Type, bytes, ...)                                                     \
  HEDDLE_DETAIL_FOR_EACH(HEDDLE_DETAIL_LIMIT, HEDDLE_DETAIL_NOTHING, (Type, bytes), __VA_ARGS__) \
  static_assert(true)
