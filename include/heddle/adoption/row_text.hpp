// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/base64.hpp"
#include "heddle/reflection/members.hpp"
#include "heddle/reflection/type_traits.hpp"
#include "heddle/transfer/line_text.hpp"
#include "heddle/transfer/rows.hpp"

#include <concepts>
#include <string>

namespace heddle::adoption {

/// Appends the members of a row as fields of a record, without those that are null; see transfer::FieldWriter, which
/// does the same with the columns of a database.
struct MemberText {
  std::string& out;

  template <class T>
  void operator()(const char* name, const T& member) const {
    if constexpr (reflection::is_optional<T>) {
      if (member) { (*this)(name, *member); }
    } else {
      out.append(",\"").append(name).append("\":");
      if constexpr (std::same_as<T, transfer::Text>) {
        transfer::append_text(out, member);
      } else if constexpr (std::same_as<T, transfer::JsonColumn>) {
        transfer::append_json(out, member.text);
      } else if constexpr (std::same_as<T, transfer::Bytes>) {
        out += '"';
        out += detail::crypto::to_base64({reinterpret_cast<const char*>(member.data()), member.size()});
        out += '"';
      } else {
        transfer::append_number(out, member);
      }
    }
  }
};

template <class Row>
void append_row(std::string& out, const Row& row) {
  const MemberText write{out};
  reflection::MembersIn<Row>::visit(row, write);
}

}  // namespace heddle::adoption
