#pragma once

namespace heddle::erased {

/// What the interfaces behind an AnyBackend have in common: they are used where they are, neither copied nor moved.
class Interface {
 public:
  Interface(const Interface&) = delete;
  Interface& operator=(const Interface&) = delete;
  Interface(Interface&&) = delete;
  Interface& operator=(Interface&&) = delete;
  virtual ~Interface() = default;

 protected:
  Interface() = default;
};

}  // namespace heddle::erased
