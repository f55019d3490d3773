#pragma once

#include <boost/hana/fwd/accessors.hpp>
#include <boost/hana/pair.hpp>
#include <boost/hana/string.hpp>
#include <boost/hana/tuple.hpp>
#include <boost/preprocessor/seq/enum.hpp>
#include <boost/preprocessor/seq/transform.hpp>
#include <boost/preprocessor/stringize.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>

namespace heddle::reflection {

/// Takes a member out of a record.
template <auto Member>
struct Access {
  template <class Record>
  constexpr auto& operator()(Record& record) const noexcept {
    return record.*Member;
  }
};

}  // namespace heddle::reflection

#define HEDDLE_DETAIL_MEMBER(r, Type, name) \
  ::boost::hana::make_pair(BOOST_HANA_STRING(BOOST_PP_STRINGIZE(name)), ::heddle::reflection::Access<&Type::name>{})

/// Adapts a struct for Boost.Hana: the single source of its column names. Like BOOST_HANA_ADAPT_STRUCT, but the list of
/// members is made only in files that use it: at once, and in every file, it would be half of what including Heddle
/// costs. Stands outside of all namespaces.
#define HEDDLE_ADAPT_STRUCT(Type, ...)                                                                 \
  template <>                                                                                          \
  struct boost::hana::accessors_impl<Type> {                                                           \
    template <class OnUse = void>                                                                      \
    static constexpr auto apply() {                                                                    \
      return ::boost::hana::make_tuple(BOOST_PP_SEQ_ENUM(                                              \
          BOOST_PP_SEQ_TRANSFORM(HEDDLE_DETAIL_MEMBER, Type, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__)))); \
    }                                                                                                  \
  }
