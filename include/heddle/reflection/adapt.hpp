#pragma once

#include <boost/hana/core/when.hpp>
#include <boost/hana/fwd/accessors.hpp>
#include <boost/hana/fwd/pair.hpp>
#include <boost/hana/fwd/string.hpp>
#include <boost/hana/fwd/tuple.hpp>
#include <boost/preprocessor/seq/enum.hpp>
#include <boost/preprocessor/seq/transform.hpp>
#include <boost/preprocessor/stringize.hpp>
#include <boost/preprocessor/variadic/to_seq.hpp>

#include <cstddef>
#include <utility>

namespace heddle::reflection {

/// Returns a member of a record.
template <auto Member>
struct Access {
  template <class Record>
  constexpr auto& operator()(Record& record) const noexcept {
    return record.*Member;
  }
};

/// A string literal as a template argument.
template <std::size_t Size>
struct Literal {
  // Implicit, so that a literal can stand in the place of the argument.
  consteval Literal(const char (&literal)[Size]) {  // NOLINT(google-explicit-constructor)
    for (std::size_t index = 0; index < Size; ++index) { text[index] = literal[index]; }
  }

  char text[Size]{};
};

template <Literal Name, std::size_t... Index>
auto name_type(std::index_sequence<Index...>) -> boost::hana::string<Name.text[Index]...>;

/// The element of a member in the list of its record.
template <Literal Name, auto Member>
auto member_type()
    -> boost::hana::pair<decltype(name_type<Name>(std::make_index_sequence<sizeof(Name.text) - 1>())), Access<Member>>;

/// The list of members of a record, as `type`: the type of the tuple that `boost::hana::accessors` returns. Specialised
/// by HEDDLE_ADAPT_STRUCT.
template <class T>
struct MembersOf;

/// A struct that is adapted with HEDDLE_ADAPT_STRUCT.
template <class T>
concept Record = requires {
  typename MembersOf<T>::type;
};

}  // namespace heddle::reflection

/// @cond
// Makes adapted structs structs of Boost.Hana too. Doxygen does not know its namespace.
template <class T>
struct boost::hana::accessors_impl<T, boost::hana::when<heddle::reflection::Record<T>>> {
  template <class Adapted = T>
  static constexpr auto apply() {
    return typename heddle::reflection::MembersOf<Adapted>::type{};
  }
};
/// @endcond

#define HEDDLE_DETAIL_MEMBER(r, Type, name) \
  decltype(::heddle::reflection::member_type<BOOST_PP_STRINGIZE(name), &Type::name>())

/// Adapts a struct with up to 64 members for Boost.Hana: the single source of its column names. Must be used outside of
/// all namespaces. Unlike BOOST_HANA_ADAPT_STRUCT it only names the tuple of members and instantiates nothing: a file
/// that uses the members through `boost::hana` includes Hana's headers itself, all others do not pay for them.
#define HEDDLE_ADAPT_STRUCT(Type, ...)                                                               \
  template <>                                                                                        \
  struct heddle::reflection::MembersOf<Type> {                                                       \
    using type = ::boost::hana::tuple<BOOST_PP_SEQ_ENUM(                                             \
        BOOST_PP_SEQ_TRANSFORM(HEDDLE_DETAIL_MEMBER, Type, BOOST_PP_VARIADIC_TO_SEQ(__VA_ARGS__)))>; \
  }
