#include "heddle/detail/crypto/random_id.hpp"
#include "heddle/detail/crypto/sha256.hpp"

#include <doctest/doctest.h>

#include <set>
#include <span>
#include <string>
#include <string_view>

namespace {

std::string digest_of(std::string_view text) {
  return heddle::detail::crypto::sha256_hex(std::as_bytes(std::span(text)));
}

}  // namespace

TEST_CASE("sha256_hex returns the digests of the FIPS 180-4 vectors") {
  CHECK(digest_of("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(digest_of("abc") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(digest_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq") ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
}

TEST_CASE("Sha256 returns the same for data in pieces, and can continue after a digest") {
  heddle::detail::crypto::Sha256 digest;
  CHECK(digest.hex() == digest_of(""));
  digest.update("ab");
  CHECK(digest.hex() == digest_of("ab"));
  digest.update("");
  digest.update(std::as_bytes(std::span(std::string_view("c"))));
  CHECK(digest.hex() == digest_of("abc"));
  CHECK(digest.hex() == digest_of("abc"));

  heddle::detail::crypto::Sha256 million;
  const std::string block(1000, 'a');
  for (int i = 0; i < 1000; ++i) { million.update(block); }
  CHECK(million.hex() == "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST_CASE("random_hex returns the requested length in lower-case digits") {
  for (const std::size_t digits : {0U, 1U, 7U, 32U, 1001U}) {
    const auto text = heddle::detail::crypto::random_hex(digits);
    CHECK(text.size() == digits);
    CHECK(text.find_first_not_of("0123456789abcdef") == std::string::npos);
  }
}

TEST_CASE("random_uuid has the form of version 4 and does not repeat") {
  std::set<std::string> seen;
  std::set<char> variants;
  for (int i = 0; i < 1000; ++i) {
    const auto uuid = heddle::detail::crypto::random_uuid();
    REQUIRE(uuid.size() == 36);
    for (std::size_t at = 0; at < uuid.size(); ++at) {
      const bool dash = at == 8 || at == 13 || at == 18 || at == 23;
      CHECK((uuid[at] == '-') == dash);
      if (!dash) { CHECK(std::string_view("0123456789abcdef").find(uuid[at]) != std::string_view::npos); }
    }
    CHECK(uuid[14] == '4');
    variants.insert(uuid[19]);
    seen.insert(uuid);
  }
  CHECK(seen.size() == 1000);
  CHECK(variants == std::set<char>{'8', '9', 'a', 'b'});
}
