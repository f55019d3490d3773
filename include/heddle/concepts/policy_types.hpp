#pragma once

#include "heddle/sql/search_terms.hpp"

#include <concepts>
#include <string>

/// @file
/// The types that a policy must name. They are checked where a backend is declared, which does not need a defined
/// engine.
namespace heddle::concepts {

template <class T>
concept HasConfig = requires {
  typename T::Config;
};
template <class T>
concept HasEngine = requires {
  typename T::Engine;
};
template <class T>
concept HasDialect = requires {
  typename T::Dialect::Sessions;
  typename T::Dialect::Messages;
  typename T::Dialect::Errors;
  typename T::Dialect::Artifacts;
  typename T::Dialect::ArtifactSearch;
  typename T::Dialect::Contents;
  typename T::Dialect::Results;
  typename T::Dialect::HumanRequests;
  typename T::Dialect::Streams;
};
template <class T>
concept SearchesText = requires(const sql::SearchTerms& terms) {
  { T::search_query(terms) } -> std::convertible_to<std::string>;
};

/// Returns true; fails to compile with a message that names what the policy lacks.
template <class Policy>
consteval bool check_policy_types() {
  static_assert(HasConfig<Policy>, "heddle: the policy needs a type `Config`");
  static_assert(HasEngine<Policy>, "heddle: the policy needs a type `Engine`");
  static_assert(HasDialect<Policy>,
                "heddle: the policy needs a type `Dialect` with Sessions, Messages, Errors, Artifacts, ArtifactSearch, "
                "Contents, Results, HumanRequests and Streams");
  static_assert(SearchesText<Policy>, "heddle: the policy needs `search_query(terms)`, which returns a string");
  return true;
}

}  // namespace heddle::concepts
