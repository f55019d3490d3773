// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/type_traits.hpp"

#include <boost/hana/accessors.hpp>
#include <boost/hana/at.hpp>
#include <boost/hana/first.hpp>
#include <boost/hana/length.hpp>
#include <boost/hana/second.hpp>
#include <boost/hana/tuple.hpp>

#include <cstddef>
#include <type_traits>
#include <utility>

/// The members of a record, by way of Boost.Hana. Everything of Hana happens to types: a program that is compiled
/// without optimisation has none of its functions in it, and a compiler half the work.
namespace heddle::reflection {

/// How many members a record has.
template <Record T>
inline constexpr std::size_t member_count = decltype(boost::hana::length(boost::hana::accessors<T>()))::value;

template <Record T, std::size_t Index>
using MemberPair = std::remove_cvref_t<decltype(boost::hana::at_c<Index>(boost::hana::accessors<T>()))>;

/// The name of a member.
template <Record T, std::size_t Index>
[[nodiscard]] constexpr const char* member_name() noexcept {
  return std::remove_cvref_t<decltype(boost::hana::first(std::declval<MemberPair<T, Index>>()))>::c_str();
}

/// A member of a record.
template <std::size_t Index, class T>
[[nodiscard]] constexpr auto& member(T& record) noexcept {
  using Pair = MemberPair<std::remove_const_t<T>, Index>;
  return std::remove_cvref_t<decltype(boost::hana::second(std::declval<Pair>()))>{}(record);
}

/// Calls `visit(name, member)` for each of the first `Count` members, in order.
template <std::size_t Count, class T, class Visit>
constexpr void for_first_members(T& record, Visit&& visit) {
  [&]<std::size_t... Index>(std::index_sequence<Index...> /*members*/) {
    (visit(member_name<std::remove_const_t<T>, Index>(), member<Index>(record)), ...);
  }
  (std::make_index_sequence<Count>());
}

/// Calls `visit(name, member)` for each member, in order.
template <class T, class Visit>
constexpr void for_each_member(T& record, Visit&& visit) {
  for_first_members<member_count<std::remove_const_t<T>>>(record, visit);
}

/// Calls `visit(name)` for each member, in order.
template <Record T, class Visit>
constexpr void for_each_name(Visit&& visit) {
  [&]<std::size_t... Index>(std::index_sequence<Index...> /*members*/) { (visit(member_name<T, Index>()), ...); }
  (std::make_index_sequence<member_count<T>>());
}

}  // namespace heddle::reflection
