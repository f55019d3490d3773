// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include "heddle/detail/crypto/sha256.hpp"
#include "heddle/reflection/selection.hpp"
#include "heddle/sql/frozen.hpp"
#include "heddle/sql/frozen_members.hpp"
#include "heddle/sql/value.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace heddle::sql {

/// A sink that computes a digest of values. Each value has its kind and length in it, so that different requests have
/// different digests.
class Fingerprint {
 public:
  void null() { digest_.update("n"); }
  void integer(std::int64_t value) { number('i', value); }
  void real(double value) { number('r', std::bit_cast<std::int64_t>(value)); }
  void text(std::string_view value) {
    digest_.update(std::to_string(value.size()) + ":");
    digest_.update(value);
  }
  void temporary_text(std::string_view value) { text(value); }
  void blob(std::span<const std::byte> value) {
    number('b', static_cast<std::int64_t>(value.size()));
    digest_.update(value);
  }

  /// Adds a value in the form of a parameter; of a record with a frozen form, its members.
  template <class T>
  Fingerprint& add(const T& value) {
    if constexpr (HasFrozenForm<T>) {
      add_as<Frozen<T>>(value);
    } else {
      write_value(*this, value);
    }
    return *this;
  }

  /// Adds the members of a record that are in a frozen form, then its later members.
  template <class Form, class T>
  Fingerprint& add_as(const T& record) {
    add_members(record, static_cast<const typename Form::Members*>(nullptr));
    add_later<Form>(record);
    return *this;
  }

  /// Adds the later members of a record: those that are not in the frozen form.
  template <class Form, class T>
  Fingerprint& add_later(const T& record) {
    for_each_later_member<Form>(record, AddNamed{*this});
    return *this;
  }

  /// Returns the digest in hexadecimal.
  [[nodiscard]] std::string hex() { return digest_.hex(); }

 private:
  template <class T, auto... Member>
  void add_members(const T& record, const reflection::Only<Member...>* /*selection*/) {
    (write_value(*this, record.*Member), ...);
  }

  struct AddNamed {
    Fingerprint& digest;

    template <class T>
    void operator()(const char* name, const T& member) const {
      // No encoded value starts with this character.
      digest.digest_.update("+");
      digest.text(name);
      if constexpr (reflection::is_spread<T>) {
        digest.add(member);
      } else {
        write_value(digest, member);
      }
    }
  };
  void number(char kind, std::int64_t value) { text(std::string(1, kind).append(std::to_string(value))); }

  detail::crypto::Sha256 digest_;
};

/// Returns the digest of values.
template <class... Values>
[[nodiscard]] std::string fingerprint(const Values&... values) {
  Fingerprint digest;
  (digest.add(values), ...);
  return digest.hex();
}

}  // namespace heddle::sql
