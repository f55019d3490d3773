#pragma once

#include <exception>

/// What a policy can do beyond what every policy must do. Each is told by a name in the policy itself, so that it is
/// known without the engine: a header that only declares a backend costs no driver.
namespace heddle::concepts {

/// Works for no tenant, on a connection that sees all of them: the capability behind AdministersTenants.
template <class Policy>
concept Administers = requires {
  typename Policy::Dialect::Admin;
};

/// Hides sessions before they are removed: the capability behind SoftDeletes.
template <class Policy>
concept HidesSessions = Administers<Policy> && requires {
  typename Policy::Dialect::SoftDeletion;
};

/// Is told of changes that any process makes, so that no call has to look for them again and again. The engine's
/// `listen(heard)` calls `heard` with the topic that was announced, or an empty one when some may have been missed.
template <class Policy>
concept HearsChanges = requires {
  typename Policy::Dialect::Announcements;
};

/// Copies the database while it is in use: the capability behind BacksUpOnline.
template <class Policy>
concept CopiesDatabase = requires {
  requires Policy::copies_database;
};

/// What an operation that the policy lacks would return. It passes for anything, so that the first error of a call is
/// the sentence that says what is missing.
struct Lacking {
  template <class T>
  operator T() const noexcept;
};

/// The body of a member whose requires clause does not hold. Nothing can call it, but clang 14 instantiates it in an
/// explicit instantiation all the same.
[[noreturn]] inline void never_called() noexcept { std::terminate(); }

}  // namespace heddle::concepts
