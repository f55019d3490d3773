#pragma once

#include "heddle/reflection/for_each_name.hpp"

#include <boost/hana/core/when.hpp>
#include <boost/hana/fwd/accessors.hpp>
#include <boost/hana/fwd/pair.hpp>
#include <boost/hana/fwd/string.hpp>
#include <boost/hana/fwd/tuple.hpp>

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
  // Implicit, so that a literal can be the argument.
  consteval Literal(const char (&literal)[Size]) {  // NOLINT(modernize-avoid-c-arrays)
    for (std::size_t index = 0; index < Size; ++index) { text[index] = literal[index]; }
  }

  char text[Size]{};  // NOLINT(modernize-avoid-c-arrays): its elements are template arguments
};

template <Literal Name, std::size_t... Index>
auto name_type(std::index_sequence<Index...>) -> boost::hana::string<Name.text[Index]...>;

/// The element for a member in the list of its record.
template <Literal Name, auto Member>
auto member_type()
    -> boost::hana::pair<decltype(name_type<Name>(std::make_index_sequence<sizeof(Name.text) - 1>())), Access<Member>>;

/// Specialised by HEDDLE_ADAPT_STRUCT with the declaration of a function `members`, whose type is computed in the files
/// that use the members.
template <class T>
struct Adapted;

/// A struct that is adapted with HEDDLE_ADAPT_STRUCT.
template <class T>
concept Record = requires {
  sizeof(Adapted<T>);
};

/// True for a record whose members are columns of the record that contains it; any other record is one column with
/// JSON. Specialised beside the struct by HEDDLE_SPREAD.
template <class T>
inline constexpr bool is_spread = false;

/// True for a member whose default value is null in a database, where null costs least. Specialised beside the struct
/// by HEDDLE_NULL_BY_DEFAULT.
template <auto Member>
inline constexpr bool is_null_by_default = false;

/// The list of members of a record: the type of the tuple that `boost::hana::accessors` returns.
template <Record T>
using MembersOf = decltype(Adapted<T>::template members<T>());

}  // namespace heddle::reflection

/// @cond
// Makes adapted structs models of Hana's concept Struct. Doxygen does not know the namespace.
template <class T>
struct boost::hana::accessors_impl<T, boost::hana::when<heddle::reflection::Record<T>>> {
  template <class Struct = T>
  static constexpr auto apply() {
    return heddle::reflection::MembersOf<Struct>{};
  }
};
/// @endcond

// `Struct` is a template parameter: the name of the struct itself could be found in the library's namespaces first.
#define HEDDLE_DETAIL_MEMBER(Struct, name) decltype(::heddle::reflection::member_type<#name, &Struct::name>())

/// Adapts a struct with at most 64 members for Boost.Hana. The names of the members are the only source of column
/// names. Must be used outside of all namespaces. Unlike BOOST_HANA_ADAPT_STRUCT it names the tuple of members without
/// instantiating it, which keeps compilation fast. A file that uses the members through `boost::hana` must include
/// Hana's headers.
#define HEDDLE_ADAPT_STRUCT(Type, ...)                                                                              \
  template <>                                                                                                       \
  struct heddle::reflection::Adapted<Type> {                                                                        \
    template <class Struct>                                                                                         \
    static auto members() -> ::boost::hana::tuple<HEDDLE_DETAIL_FOR_EACH(HEDDLE_DETAIL_MEMBER, HEDDLE_DETAIL_COMMA, \
                                                                         Struct, __VA_ARGS__)>;                     \
  }

/// Makes the members of a struct columns of each record that contains it. Must be used outside of all namespaces,
/// beside the struct.
#define HEDDLE_SPREAD(Type) \
  template <>               \
  inline constexpr bool heddle::reflection::is_spread<Type> = true

#define HEDDLE_DETAIL_NULL_BY_DEFAULT(Type, member) \
  template <>                                       \
  inline constexpr bool heddle::reflection::is_null_by_default<&Type::member> = true;

/// Stores the default value of members of a struct as null: HEDDLE_NULL_BY_DEFAULT(Type, member...). Their columns can
/// be null, which is read as the default value of the type. Must be used outside of all namespaces.
#define HEDDLE_NULL_BY_DEFAULT(Type, ...)                                                         \
  HEDDLE_DETAIL_FOR_EACH(HEDDLE_DETAIL_NULL_BY_DEFAULT, HEDDLE_DETAIL_NOTHING, Type, __VA_ARGS__) \
  static_assert(true)
