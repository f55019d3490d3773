#pragma once

#include <pthread.h>

#include <cstddef>
#include <stdexcept>

namespace support {

/// Runs `work`, which must not throw, on a thread with a stack of so many bytes.
template <class Work>
void on_small_stack(std::size_t bytes, Work work) {
  const auto require = [](int status) {
    if (status != 0) { throw std::runtime_error("no thread with a small stack could be started"); }
  };
  pthread_attr_t attributes{};
  require(pthread_attr_init(&attributes));
  require(pthread_attr_setstacksize(&attributes, bytes));
  pthread_t thread{};
  const auto run = [](void* argument) -> void* {
    (*static_cast<Work*>(argument))();
    return nullptr;
  };
  require(pthread_create(&thread, &attributes, run, &work));
  require(pthread_join(thread, nullptr));
  require(pthread_attr_destroy(&attributes));
}

}  // namespace support
