// Checks that an installed heddle::postgres compiles and links; there is no server to connect to.
#include <heddle/postgres.hpp>

#include <exception>
#include <iostream>

int main() {
  try {
    heddle::Backend<heddle::Postgres> backend({.dsn = "host=/nowhere connect_timeout=1"});
    backend.ping(heddle::Context::for_user("ada"));
  } catch (const heddle::Error& error) {
    return error.code() == heddle::ErrorCode::unavailable ? 0 : 1;
  } catch (const std::exception& error) { std::cerr << error.what() << '\n'; }
  return 1;
}
