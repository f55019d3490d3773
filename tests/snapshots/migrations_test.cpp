// Released migrations never change, byte for byte: databases store their checksums.
#include "snapshots/snapshot.hpp"

#include <doctest/doctest.h>
#include <openssl/evp.h>

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

using namespace snapshots;

namespace {

std::string sha256(const std::string& bytes) {
  std::array<unsigned char, 32> digest{};
  unsigned size = 0;
  REQUIRE(EVP_Digest(bytes.data(), bytes.size(), digest.data(), &size, EVP_sha256(), nullptr) == 1);
  constexpr std::string_view digits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : digest) {
    text += digits[static_cast<std::size_t>(byte) >> 4U];
    text += digits[static_cast<std::size_t>(byte) & 15U];
  }
  return text;
}

// One line for each released file; a line never changes.
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> released{{
    {"postgres/000001_initial.down.sql", "d1a674346506e1c37915ac68d1496d1f47d80049bb6a9a73b100ef998e1838ac"},
    {"postgres/000001_initial.up.sql", "b11f52d154675c5b76a19f91226334f4386b993234f9309e53d36873e3bc8574"},
    {"sqlite/000001_initial.down.sql", "fbe263d4e550f7ee34efcf91e17ab75f011769a98b2c00a9f289bb71ed87b100"},
    {"sqlite/000001_initial.up.sql", "f248241c1ca9d6fcd4bf83aae53488685c62ce60c87e06ea0c44b55b1ad3f818"},
}};

}  // namespace

TEST_CASE("released migrations have not changed") {
  for (const auto& migration : released) {
    INFO(std::string(migration.first),
         ": databases have this migration. Undo the change and write a new migration instead");
    const std::optional<std::string> bytes = bytes_of(folder() / "../../migrations" / migration.first);
    REQUIRE(bytes.has_value());
    CHECK(sha256(*bytes) == std::string(migration.second));
  }
}
