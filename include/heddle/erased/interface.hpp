#pragma once

namespace heddle::erased {

/// Base of the interfaces of an AnyBackend: they are neither copied nor moved.
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
