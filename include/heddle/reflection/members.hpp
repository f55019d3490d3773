// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/adapt.hpp"

#include <array>
#include <concepts>
#include <cstddef>
#include <type_traits>

/// The members of a record. The type of Hana's tuple is matched by one pattern for all of its elements: nothing of Hana
/// is instantiated, which halves the compile time of a record.
namespace heddle::reflection {

/// The text of a name.
template <class Name>
struct NameText;
template <char... Letter>
struct NameText<boost::hana::string<Letter...>> {
  // Not std::array, whose functions every file would compile once for each length.
  static constexpr char value[]{Letter..., '\0'};  // NOLINT(modernize-avoid-c-arrays)
};

template <auto Member>
struct MemberType;
template <class T, class Value, Value T::*Member>
struct MemberType<Member> {
  using Record = T;
  using type = Value;
};

/// A list of members of a record.
template <class List>
struct MemberList;
template <class... Name, auto... Member>
struct MemberList<boost::hana::tuple<boost::hana::pair<Name, Access<Member>>...>> {
  static constexpr std::array<const char*, sizeof...(Member)> names{NameText<Name>::value...};

  /// Returns the index of a member in the list; the number of members if it is not there.
  template <auto Wanted>
  static constexpr std::size_t index() {
    std::size_t index = 0;
    static_cast<void>(((std::same_as<Access<Member>, Access<Wanted>> || (++index, false)) || ...));
    return index;
  }

  /// Calls `visit(name, member)` for each member of `record` in the list, in order.
  template <class T, class Visit>
  static constexpr void visit([[maybe_unused]] T& record, [[maybe_unused]] Visit& visit) {
    (visit(NameText<Name>::value, record.*Member), ...);
  }

  /// Calls `visit(name, member, Property<Member>::value)` for each member of `record` in the list, in order.
  template <template <auto> class Property, class T, class Visit>
  static constexpr void visit_with(const T& record, Visit& visit) {
    (visit(NameText<Name>::value, record.*Member, Property<Member>::value), ...);
  }

  /// Calls `visit(name, member, other_member)` for each member in the list of two records of one type, in order.
  template <class T, class Visit>
  static constexpr void visit_both(const T& record, const T& other, Visit& visit) {
    (visit(NameText<Name>::value, record.*Member, other.*Member), ...);
  }

  /// Calls `visit(std::type_identity<type>())` with the type of each member in the list, in order.
  template <class Visit>
  static constexpr void visit_types([[maybe_unused]] Visit& visit) {
    (visit(std::type_identity<typename MemberType<Member>::type>()), ...);
  }
};

template <Record T>
using MembersIn = MemberList<MembersOf<T>>;

/// The names of the members of a record, in order.
template <Record T>
inline constexpr auto& member_names = MembersIn<T>::names;

/// Calls `visit(name, member)` for each member of a record, in order.
template <class T, class Visit>
constexpr void for_each_member(T& record, Visit&& visit) {
  MembersIn<std::remove_const_t<T>>::visit(record, visit);
}

}  // namespace heddle::reflection
