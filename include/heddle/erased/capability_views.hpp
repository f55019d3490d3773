#pragma once

#include "heddle/error.hpp"

#include <string>
#include <utility>

/// @file
/// The return types of the capability functions: views that behave like pointers and are null if a backend lacks the
/// capability. Using a null view throws `failed_precondition` with a message that names the capability.
namespace heddle::erased {

/// Throws `failed_precondition` for a capability that is missing.
[[noreturn]] inline void refuse_missing(const char* what) {
  throw Error(ErrorCode::failed_precondition, std::string("this backend cannot ") + what);
}

/// A capability of a backend whose type is not known: whether it is null is known at run time only.
template <class Interface>
class HandleView {
 public:
  /// Always true: the backend in the handle may have the capability.
  static constexpr bool possible = true;

  /// Views this capability, or none if the pointer is null.
  explicit HandleView(Interface* capability) noexcept : capability_(capability) {}

  /// True if the backend has the capability.
  [[nodiscard]] explicit operator bool() const noexcept { return capability_ != nullptr; }
  /// Returns the capability. Throws `failed_precondition` if the view is null.
  [[nodiscard]] Interface* operator->() const {
    if (capability_ == nullptr) { refuse_missing(Interface::description); }
    return capability_;
  }
  /// The same as a reference.
  [[nodiscard]] Interface& operator*() const { return *operator->(); }

 private:
  Interface* capability_;
};

/// A capability of a backend of a known type. Refers to the backend. The model is known, so a compiler that optimises
/// calls the backend itself.
template <class Interface, class Backend, class Model>
class StaticView {
 public:
  static constexpr bool possible = true;

  /// Views the capability of this backend.
  explicit StaticView(Backend& backend, bool is_present = true) noexcept
      : backend_(backend), model_(backend), is_present_(is_present) {}
  /// Views the same backend.
  StaticView(const StaticView& other) noexcept
      : backend_(other.backend_), model_(other.backend_), is_present_(other.is_present_) {}
  StaticView& operator=(const StaticView&) = delete;
  ~StaticView() = default;

  /// True if the backend has the capability.
  [[nodiscard]] explicit operator bool() const noexcept { return is_present_; }
  /// Returns the capability. Throws `failed_precondition` if the view is null.
  [[nodiscard]] Interface* operator->() const {
    if (!is_present_) { refuse_missing(Interface::description); }
    return &model_;
  }
  /// The same as a reference.
  [[nodiscard]] Interface& operator*() const { return *operator->(); }

 private:
  Backend& backend_;
  mutable Model model_;
  bool is_present_;
};

/// A capability that a backend of a known type lacks: null at compile time. Code that checks the view before use
/// compiles for every backend.
template <class Interface>
class NullView {
 public:
  static constexpr bool possible = false;

  /// False: the backend lacks the capability.
  [[nodiscard]] explicit constexpr operator bool() const noexcept { return false; }
  /// Throws `failed_precondition`.
  [[noreturn]] Interface* operator->() const { refuse_missing(Interface::description); }
  /// Throws `failed_precondition`.
  [[noreturn]] Interface& operator*() const { refuse_missing(Interface::description); }
};

}  // namespace heddle::erased
