// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/reflection/members.hpp"
#include "heddle/reflection/selection.hpp"

#include <algorithm>
#include <string_view>
#include <vector>

/// Records whose form never changes: databases hold fingerprints and JSON text that older versions made of them.
///
/// The members of the first version are frozen, in their order. A member that a record gets later follows them with its
/// name, and only where it differs from its default. So a record that does not use the new member has the form that an
/// older version gave it.
namespace heddle::sql {

/// The frozen form of a record: specialised with `Members`, a selection of Only, and `Ignored`, the members of the
/// first version that are no part of what a caller asks for, such as those that a read fills in.
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

/// Calls `visit(name, member)` for each member that the record got later and that differs from its default, in the
/// order of the names: that of the struct may change.
template <class Form, class T, class Visit>
void for_each_later_member([[maybe_unused]] const T& record, [[maybe_unused]] Visit&& visit) {
  using LaterMembers = Later<T, typename Form::Members, typename Form::Ignored>;
  if constexpr (LaterMembers::exists) {
    using List = reflection::Selected<typename LaterMembers::Members>;
    static const T fresh{};
    std::vector<std::string_view> names(List::names.begin(), List::names.end());
    std::sort(names.begin(), names.end());
    for (const std::string_view wanted : names) {
      auto compare = [&](const char* name, const auto& member, const auto& initial) {
        if (name == wanted && !(member == initial)) { visit(name, member); }
      };
      List::visit_both(record, fresh, compare);
    }
  }
}

}  // namespace heddle::sql
