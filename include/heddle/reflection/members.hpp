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

// One function for all members of a type, where MemberType is a class for each.
template <class T, class Value>
consteval bool is_spread_member(Value T::* /*member*/) {
  return is_spread<Value>;
}

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

  /// True if a member of the list is a record whose members are columns; see HEDDLE_SPREAD.
  static constexpr bool spreads = (is_spread_member(Member) || ...);

  /// Returns the number of columns.
  static constexpr std::size_t width() {
    if constexpr (spreads) {
      return (std::size_t{0} + ... + width_of<Member>());
    } else {
      return sizeof...(Member);
    }
  }

  /// Writes the names of the columns behind one another, in order, and moves `next` behind them.
  static constexpr void append_names(const char**& next) { (append_columns<Member>(NameText<Name>::value, next), ...); }

  /// Returns the names of the columns, in order.
  static constexpr auto columns() {
    std::array<const char*, width()> all{};
    const char** next = &all.front();
    append_names(next);
    return all;
  }

  /// Returns the index of the first column of a member; the number of columns if the member is not there.
  template <auto Wanted>
  static constexpr std::size_t column() {
    if constexpr (spreads) {
      std::size_t column = 0;
      static_cast<void>(
          ((std::same_as<Access<Member>, Access<Wanted>> || (column += width_of<Member>(), false)) || ...));
      return column;
    } else {
      return index<Wanted>();
    }
  }

  /// Calls `visit(member, std::bool_constant<whether its default is null>())` for each column of `record`, in order.
  template <class T, class Visit>
  static constexpr void visit_columns([[maybe_unused]] T& record, [[maybe_unused]] Visit& visit) {
    if constexpr (spreads) {
      (visit_columns_of<Member>(record.*Member, visit), ...);
    } else {
      (visit(record.*Member, std::bool_constant<is_null_by_default<Member>>()), ...);
    }
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

  /// Calls `visit(std::type_identity<type>())` with the type of each column, in order.
  template <class Visit>
  static constexpr void visit_types([[maybe_unused]] Visit& visit) {
    if constexpr (spreads) {
      (visit_types_of<typename MemberType<Member>::type>(visit), ...);
    } else {
      (visit(std::type_identity<typename MemberType<Member>::type>()), ...);
    }
  }

 private:
  template <auto Each>
  static constexpr std::size_t width_of() {
    using Value = typename MemberType<Each>::type;
    if constexpr (is_spread<Value>) {
      return MemberList<MembersOf<Value>>::width();
    } else {
      return 1;
    }
  }
  template <auto Each>
  static constexpr void append_columns(const char* name, const char**& next) {
    using Value = typename MemberType<Each>::type;
    if constexpr (is_spread<Value>) {
      MemberList<MembersOf<Value>>::append_names(next);
    } else {
      *next++ = name;
    }
  }
  template <auto Each, class Value, class Visit>
  static constexpr void visit_columns_of(Value& value, Visit& visit) {
    if constexpr (is_spread<std::remove_const_t<Value>>) {
      MemberList<MembersOf<std::remove_const_t<Value>>>::visit_columns(value, visit);
    } else {
      visit(value, std::bool_constant<is_null_by_default<Each>>());
    }
  }
  template <class Value, class Visit>
  static constexpr void visit_types_of(Visit& visit) {
    if constexpr (is_spread<Value>) {
      MemberList<MembersOf<Value>>::visit_types(visit);
    } else {
      visit(std::type_identity<Value>());
    }
  }
};

template <Record T>
using MembersIn = MemberList<MembersOf<T>>;

/// The names of the members of a record, in order.
template <Record T>
inline constexpr auto& member_names = MembersIn<T>::names;

template <class List>
inline constexpr auto spread_names = List::columns();

/// Returns the names of the columns of a list, in order.
template <class List>
constexpr const auto& column_names() {
  if constexpr (List::spreads) {
    return spread_names<List>;
  } else {
    return List::names;
  }
}

/// Calls `visit(name, member)` for each member of a record, in order.
template <class T, class Visit>
constexpr void for_each_member(T& record, Visit&& visit) {
  MembersIn<std::remove_const_t<T>>::visit(record, visit);
}

}  // namespace heddle::reflection
