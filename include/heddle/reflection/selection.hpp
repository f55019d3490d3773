// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"

#include <type_traits>

/// Selections of members of records. A declaration of a selection instantiates nothing; the list of its members is
/// computed in the files that use it.
namespace heddle::reflection {

/// All members of a record, in its order.
template <class T>
struct All;

/// These members, in this order.
template <auto... Member>
struct Only;

/// The members of a selection except these, in its order.
template <class Selection, auto... Member>
struct Without;

/// The members of several selections, one after the other.
template <class... Selection>
struct Join;

/// The list of a selection as `type`, a tuple of Hana like the list of a record.
template <class Selection>
struct Resolve;

/// The members of a selection, or of a record.
template <class Selection>
using Selected = MemberList<typename Resolve<Selection>::type>;

// The elements of a record are base classes, among which overload resolution finds the name of a member.
template <class Name, auto Member>
struct Element {};
template <class List>
struct Elements;
template <class... Name, auto... Member>
struct Elements<boost::hana::tuple<boost::hana::pair<Name, Access<Member>>...>> : Element<Name, Member>... {};

template <auto Member, class Name>
auto find_element(const Element<Name, Member>* elements) -> boost::hana::pair<Name, Access<Member>>;

template <auto Member>
using ElementOf = decltype(find_element<Member>(
    static_cast<const Elements<MembersOf<typename MemberType<Member>::Record>>*>(nullptr)));

// The types of unevaluated expressions concatenate lists.
template <class... Pair>
struct Part {
  template <class... Other>
  auto operator+(Part<Other...> /*other*/) const -> Part<Pair..., Other...>;
  auto list() const -> boost::hana::tuple<Pair...>;
};
template <class... Pair>
auto part_of(boost::hana::tuple<Pair...>* list) -> Part<Pair...>;
template <class Selection>
using PartOf = decltype(part_of(static_cast<typename Resolve<Selection>::type*>(nullptr)));

// Does not compile with a repeated member: it would be a repeated base class.
template <auto... Member>
struct MemberSet : Access<Member>... {};

template <Record T>
struct Resolve<T> {
  using type = MembersOf<T>;
};

template <class T>
struct Resolve<All<T>> {
  using type = MembersOf<T>;
};

template <auto... Member>
struct Resolve<Only<Member...>> {
  using type = boost::hana::tuple<ElementOf<Member>...>;
};

template <class Selection, auto... Excluded>
struct Resolve<Without<Selection, Excluded...>> {
  template <class Pair, auto Member>
  using Kept = std::conditional_t<std::is_base_of_v<Access<Member>, MemberSet<Excluded...>>, Part<>, Part<Pair>>;
  template <class... Name, auto... Member>
  static auto filter(boost::hana::tuple<boost::hana::pair<Name, Access<Member>>...>* list)
      -> decltype((Part<>() + ... + Kept<boost::hana::pair<Name, Access<Member>>, Member>()).list());

  using type = decltype(filter(static_cast<typename Resolve<Selection>::type*>(nullptr)));
  static_assert(MemberList<type>::names.size() + sizeof...(Excluded) == Selected<Selection>::names.size(),
                "heddle: an excluded member is not in the selection");
};

template <class... Selection>
struct Resolve<Join<Selection...>> {
  using type = decltype((Part<>() + ... + PartOf<Selection>()).list());
  static_assert(std::is_empty_v<Elements<type>>, "heddle: a member is selected twice");
};

}  // namespace heddle::reflection
