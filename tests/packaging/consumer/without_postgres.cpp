// heddle::open of a build without libpqxx: it says what the build lacks, and everything else works.
#include <heddle/config/parse.hpp>
#include <heddle/open.hpp>

#include <exception>
#include <iostream>
#include <string>

namespace {

bool refuses_postgres() {
  heddle::v1::StorageConfig config;
  config.set_backend(heddle::v1::STORAGE_BACKEND_TYPE_POSTGRES);
  config.mutable_postgres()->set_dsn("host=/nowhere");
  try {
    static_cast<void>(heddle::open(config));
    return false;
  } catch (const heddle::Error& error) {
    std::cout << error.what() << '\n';
    return error.code() == heddle::ErrorCode::failed_precondition &&
           std::string(error.what()).find("no PostgreSQL backend") != std::string::npos;
  }
}

}  // namespace

int main() {
  try {
    heddle::v1::StorageConfig config;
    config.mutable_sqlite()->set_path(":memory:");
    heddle::AnyBackend backend = heddle::open(config);

    const auto context = heddle::Context::for_user("ada");
    backend.session_storage().save_session(context, {.id = "first"});
    return backend.session_storage().load_session(context, "first") && refuses_postgres() ? 0 : 1;
  } catch (const std::exception& error) {
    std::cerr << error.what() << '\n';
    return 1;
  }
}
