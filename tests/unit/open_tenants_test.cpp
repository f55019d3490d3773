#include "heddle/backup.hpp"
#include "heddle/erasure.hpp"
#include "heddle/open.hpp"
#include "heddle/transfer.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

namespace {

const heddle::Context ada = heddle::Context::for_user("ada");

heddle::AnyBackend open_file_of(const std::filesystem::path& file) {
  return heddle::open_json(R"({"sqlite": {"path": ")" + file.string() + R"("}})");
}

}  // namespace

TEST_CASE("a handle of open exports, imports, erases and backs up") {
  const support::TemporaryFolder folder;
  const auto stream = folder.path() / "ada.jsonl";
  auto storage = open_file_of(folder.path() / "first.db");
  storage.session_storage().save_session(ada, {.id = "s"});
  {
    std::ofstream file(stream, std::ios::binary);
    heddle::export_user(storage, ada, [&](std::string_view bytes) { file << bytes; });
  }

  const auto backed_up = heddle::backup(storage, {}, folder.path() / "backup");
  CHECK(backed_up.database_bytes > 0);

  auto other = open_file_of(folder.path() / "second.db");
  heddle::import_user(other, ada, stream);
  CHECK(other.session_storage().load_session(ada, "s"));

  const heddle::ErasureReceipt receipt = heddle::erase_user(storage, ada, {.idempotency_key = "erase ada"});
  CHECK_FALSE(receipt.digest.empty());
  CHECK_FALSE(storage.session_storage().load_session(ada, "s"));
}
