// What heddle::open adds to an installed Heddle: the generated messages and their compiled code.
#include <heddle/proto/storage.pb.h>
#include <heddle/sqlite.hpp>

#include <exception>
#include <iostream>

int main() {
  try {
    heddle::v1::StorageConfig config;
    config.mutable_sqlite()->set_path(":memory:");
    heddle::Backend<heddle::Sqlite> backend({.path = config.sqlite().path()});
    backend.migrate();
    return 0;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
