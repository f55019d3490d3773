// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"
#include "heddle/reflection/selection.hpp"

#include <cstddef>
#include <string_view>

/// The form of records in fingerprints and in stored JSON text. It must never change, because databases contain
/// fingerprints and JSON text of older versions.
///
/// The members of the first version are frozen in their order. A member that is added to a record later follows them
/// with its name, but only if its value is not the default. So a record that does not use the new member has the same
/// form as in an older version.
namespace heddle::sql {

/// The frozen form of a record. A specialisation has `Members`, a selection by Only, and `Ignored`, the members
/// that are not part of a request, such as members that are filled in when read.
template <class T>
struct Frozen;

/// A record with a frozen form.
template <class T>
concept HasFrozenForm = requires {
  typename Frozen<T>::Members;
};

template <class T, class Members, class Ignored>
struct Later;
template <class T, auto... Member, auto... Ignored>
struct Later<T, reflection::Only<Member...>, reflection::Only<Ignored...>> {
  static constexpr bool exists = sizeof...(Member) + sizeof...(Ignored) != reflection::member_names<T>.size();
  using Members = reflection::Without<reflection::All<T>, Member..., Ignored...>;
};

/// Returns the name that follows another one in alphabetical order; null after the last. At run time: compilers
/// remember each step of what they compute.
[[nodiscard]] inline const char* name_after(std::string_view last, const char* const* names,
                                            std::size_t count) noexcept {
  const char* next = nullptr;
  for (const char* const* end = names + count; names != end; ++names) {
    if (last < *names && (next == nullptr || std::string_view(*names) < next)) { next = *names; }
  }
  return next;
}

/// Calls `visit(name, member)` for each member in a list whose value is not the default, in alphabetical order.
template <class List, class T, class Visit>
void for_each_changed_member(const T& record, Visit& visit) {
  static const T fresh{};
  const char* wanted = "";
  // A name is the same characters in every list.
  auto compare = [&](const char* name, const auto& member, const auto& initial) {
    if (name == wanted && !(member == initial)) { visit(name, member); }
  };
  while ((wanted = name_after(wanted, List::names.data(), List::names.size())) != nullptr) {
    List::visit_both(record, fresh, compare);
  }
}

/// Calls `visit(name, member)` for each later member of a record whose value is not the default. The order is
/// alphabetical, because the order in the struct can change.
template <class Form, class T, class Visit>
void for_each_later_member([[maybe_unused]] const T& record, [[maybe_unused]] Visit&& visit) {
  using LaterMembers = Later<T, typename Form::Members, typename Form::Ignored>;
  if constexpr (LaterMembers::exists) {
    for_each_changed_member<reflection::Selected<typename LaterMembers::Members>>(record, visit);
  }
}

}  // namespace heddle::sql
