#pragma once

#include "heddle/error.hpp"

#include <string>
#include <utility>

/// The return types of the capability functions: views that behave like pointers and are null if a backend lacks the
/// capability. Using a null view throws `failed_precondition` with a message that names the capability.
namespace heddle::erased {

[[noreturn]] inline void refuse_missing(const char* what) {
  throw Error(ErrorCode::failed_precondition, std::string("this backend cannot ") + what);
}

/// A capability of a backend whose type is not known: whether it is null is known at run time only.
template <class Interface>
class HandleView {
 public:
  /// Always true: the backend in the handle may have the capability.
  static constexpr bool possible = true;

  explicit HandleView(Interface* capability) noexcept : capability_(capability) {}

  [[nodiscard]] explicit operator bool() const noexcept { return capability_ != nullptr; }
  [[nodiscard]] Interface* operator->() const {
    if (capability_ == nullptr) { refuse_missing(Interface::description); }
    return capability_;
  }
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

  explicit StaticView(Backend& backend, bool is_present = true) noexcept
      : backend_(backend), model_(backend), is_present_(is_present) {}
  StaticView(const StaticView& other) noexcept : StaticView(other.backend_, other.is_present_) {}
  StaticView& operator=(const StaticView&) = delete;
  ~StaticView() = default;

  [[nodiscard]] explicit operator bool() const noexcept { return is_present_; }
  [[nodiscard]] Interface* operator->() const {
    if (!is_present_) { refuse_missing(Interface::description); }
    return &model_;
  }
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

  [[nodiscard]] explicit constexpr operator bool() const noexcept { return false; }
  [[noreturn]] Interface* operator->() const { refuse_missing(Interface::description); }
  [[noreturn]] Interface& operator*() const { refuse_missing(Interface::description); }
};

}  // namespace heddle::erased
