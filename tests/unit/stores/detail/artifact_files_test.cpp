#include "heddle/stores/detail/artifact_files.hpp"
#include "heddle/describe_file.hpp"
#include "support/expect_error.hpp"
#include "support/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <set>
#include <string>

using heddle::ArtifactFolder;
using heddle::describe_file;
using heddle::ErrorCode;
using heddle::stores::detail::ArtifactFiles;
using heddle::stores::detail::path_component;
using support::code_of;
namespace fs = std::filesystem;

namespace {

void write(const fs::path& file, const std::string& text = "x") {
  fs::create_directories(file.parent_path());
  std::ofstream(file, std::ios::binary) << text;
}

/// An artifact directory in which alice and bob have a file each.
struct Tree {
  support::TemporaryFolder folder{};
  fs::path root = folder.path() / "artifacts";
  ArtifactFiles files{root};
  fs::path of_alice = root / "alice" / "user" / "a.txt";
  fs::path of_bob = root / "bob" / "user" / "b.txt";
  fs::path outside = folder.path() / "outside.txt";

  Tree() {
    write(of_alice);
    write(of_bob);
    write(outside);
  }
};

}  // namespace

TEST_CASE("fault 1: any id becomes one path component") {
  CHECK(path_component("session-1_A") == "session-1_A");
  CHECK(path_component("") == "%");
  CHECK(path_component(".") == "%2E");
  CHECK(path_component("..") == "%2E%2E");
  CHECK(path_component("../..") == "%2E%2E%2F%2E%2E");
  CHECK(path_component("a b") == "a%20b");
  CHECK(path_component("é") == "%C3%A9");
  std::set<std::string> seen;
  for (const std::string& id :
       {std::string(), std::string("%"), std::string("%%"), std::string("."), std::string("%2E"), std::string("a"),
        std::string("A"), std::string("a/"), std::string("/a"), std::string(128, 'a'), std::string(129, 'a'),
        std::string(255, '.'), std::string(254, '.')}) {
    const std::string component = path_component(id);
    CAPTURE(component);
    CHECK(seen.insert(component).second);
    CHECK(component.size() <= 128);
    CHECK(component.find_first_of("/.\\") == std::string::npos);
    CHECK_FALSE(component.empty());
  }
}

TEST_CASE("fault 1: the longest id has a folder that can be created and removed") {
  const Tree tree;
  const std::string longest(255, '/');
  const auto folder = tree.files.session_folder(longest, longest);
  write(folder / "user" / "f");
  tree.files.remove_session(longest, longest);
  CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("the folders of files") {
  const Tree tree;
  const std::optional<std::string> session = "s/1";
  CHECK(tree.files.folder("alice", ArtifactFolder::user, {}) == tree.root / "alice" / "user");
  CHECK(tree.files.folder("alice", ArtifactFolder::temp, {}) == tree.root / "alice" / "temp");
  const auto own = tree.root / "alice" / "sessions" / "s%2F1";
  CHECK(tree.files.folder("alice", ArtifactFolder::user, session) == own / "user");
  CHECK(tree.files.folder("alice", ArtifactFolder::agent, session) == own / "agent");
  CHECK(tree.files.folder("alice", ArtifactFolder::scratchpad, session) == own / "scratchpad");
  CHECK_FALSE(fs::exists(own));

  const auto refused = [&](ArtifactFolder kind, const std::optional<std::string>& id) {
    return code_of([&] { static_cast<void>(tree.files.folder("alice", kind, id)); });
  };
  CHECK(refused(ArtifactFolder::temp, session) == ErrorCode::invalid_argument);
  CHECK(refused(ArtifactFolder::agent, {}) == ErrorCode::invalid_argument);
  CHECK(refused(ArtifactFolder::scratchpad, {}) == ErrorCode::invalid_argument);
  CHECK(refused(static_cast<ArtifactFolder>(9), {}) == ErrorCode::invalid_argument);
  CHECK(code_of([] { static_cast<void>(ArtifactFiles({}).folder("alice", ArtifactFolder::user, {})); }) ==
        ErrorCode::failed_precondition);
}

TEST_CASE("a tenant's file is removed, however its path is written") {
  const Tree tree;
  for (const auto& path : {tree.of_alice, tree.root / "." / "alice" / "." / "user" / "a.txt",
                           fs::path(tree.of_alice.string().insert(1, "//"))}) {
    CAPTURE(path.string());
    write(tree.of_alice);
    CHECK(tree.files.remove_file("alice", path));
    CHECK_FALSE(fs::exists(tree.of_alice));
    CHECK_FALSE(tree.files.remove_file("alice", path));
  }

  // With a link above the root, the configured path and the resolved path both lead to the file.
  const auto link = tree.folder.path() / "link";
  fs::create_directory_symlink(tree.root, link);
  const ArtifactFiles linked(link / "");
  for (const auto& path : {link / "alice" / "user" / "a.txt", tree.of_alice}) {
    write(tree.of_alice);
    CHECK(linked.remove_file("alice", path));
    CHECK_FALSE(fs::exists(tree.of_alice));
  }
}

TEST_CASE("fault 1: a relative root and a relative path start at the current folder") {
  const Tree tree;
  const auto before = fs::current_path();
  fs::current_path(tree.folder.path());
  const bool removed = ArtifactFiles("artifacts").remove_file("alice", "artifacts/alice/user/a.txt");
  const bool outside = ArtifactFiles("artifacts").remove_file("alice", "outside.txt");
  fs::current_path(before);
  CHECK(removed);
  CHECK_FALSE(outside);
  CHECK_FALSE(fs::exists(tree.of_alice));
  CHECK(fs::exists(tree.outside));
}

TEST_CASE("fault 1: only a file in the tenant's own folder is removed") {
  const Tree tree;
  const auto in_alice = tree.root / "alice" / "user";
  const auto paths = {
      tree.of_bob,
      tree.outside,
      fs::path(),
      fs::path("/"),
      fs::path("."),
      fs::path("a.txt"),
      tree.root,
      tree.root / "alice",
      tree.root / "alice" / "",
      in_alice,
      in_alice / "",
      in_alice / ".",
      tree.of_alice / "",
      in_alice / ".." / ".." / "bob" / "user" / "b.txt",
      in_alice / ".." / "user" / "a.txt",
      in_alice / "none" / ".." / ".." / ".." / "bob" / "user" / "b.txt",
      tree.root / "alice" / ".." / "bob" / "user" / "b.txt",
      tree.root / "alice.txt",
      tree.root / "alicee" / "user" / "a.txt",
      in_alice / "none.txt",
      in_alice / "none" / "none.txt",
      in_alice / "a.txt" / "under-a-file",
      in_alice / std::string(300, 'n'),
  };
  for (const auto& path : paths) {
    CAPTURE(path.string());
    CHECK_FALSE(tree.files.remove_file("alice", path));
  }
  // A tenant whose name is a path has its own folder and no other.
  for (const char* user : {"", ".", "..", "alice/user", "../artifacts/alice", "Alice"}) {
    CAPTURE(user);
    CHECK_FALSE(tree.files.remove_file(user, tree.of_alice));
  }
  CHECK_FALSE(ArtifactFiles({}).remove_file("alice", tree.of_alice));
  CHECK(fs::exists(tree.of_alice));
  CHECK(fs::exists(tree.of_bob));
  CHECK(fs::exists(tree.outside));
}

TEST_CASE("fault 1: links below the root are not followed") {
  const Tree tree;
  const auto in_alice = tree.root / "alice" / "user";

  // A link to a file: the link is removed, the file stays.
  fs::create_symlink(tree.of_bob, in_alice / "link.txt");
  CHECK(tree.files.remove_file("alice", in_alice / "link.txt"));
  CHECK_FALSE(fs::is_symlink(in_alice / "link.txt"));

  // A link to a folder: its contents cannot be reached; the link itself is alice's.
  for (const auto& target : {tree.root / "bob" / "user", tree.folder.path(), fs::path("../../bob/user")}) {
    CAPTURE(target.string());
    fs::create_directory_symlink(target, in_alice / "into");
    CHECK_FALSE(tree.files.remove_file("alice", in_alice / "into" / "b.txt"));
    CHECK_FALSE(tree.files.remove_file("alice", in_alice / "into" / "outside.txt"));
    CHECK_FALSE(tree.files.remove_file("alice", in_alice / "into" / ""));
    CHECK(tree.files.remove_file("alice", in_alice / "into"));
  }

  // Also with the tenant's own folder, or that of the sessions, as a link.
  fs::create_directory_symlink(tree.root / "bob", tree.root / "carol");
  CHECK_FALSE(tree.files.remove_file("carol", tree.root / "carol" / "user" / "b.txt"));
  CHECK_FALSE(tree.files.remove_file("carol", tree.of_bob));
  write(tree.root / "bob" / "sessions" / "s" / "user" / "b.txt");
  fs::create_directory_symlink(tree.root / "bob" / "sessions", tree.root / "alice" / "sessions");
  tree.files.remove_session("alice", "s");
  tree.files.remove_session("carol", "s");
  CHECK(fs::exists(tree.root / "bob" / "sessions" / "s" / "user" / "b.txt"));
  CHECK(fs::exists(tree.of_bob));
  CHECK(fs::exists(tree.outside));
}

TEST_CASE("a file that cannot be removed is an error") {
  if (::geteuid() == 0) { return; }  // root can remove everything
  const Tree tree;
  fs::permissions(tree.of_alice.parent_path(), fs::perms::owner_read | fs::perms::owner_exec);
  CHECK(code_of([&] { tree.files.remove_file("alice", tree.of_alice); }) == ErrorCode::permission_denied);
  fs::permissions(tree.of_alice.parent_path(), fs::perms::owner_all);
}

TEST_CASE("fault 1: a session's folder is removed with everything in it, and no other folder is") {
  const Tree tree;
  const auto folder = tree.files.session_folder("alice", "s");
  const auto neighbour = tree.files.session_folder("alice", "s2") / "user" / "f";
  const auto of_bob = tree.files.session_folder("bob", "s") / "user" / "f";
  write(folder / "user" / "f");
  write(folder / "scratchpad" / "deep" / "er" / "f");
  write(folder / "scratchpad" / "deep" / "f");
  fs::create_directories(folder / "agent" / "empty");
  fs::create_symlink(tree.of_bob, folder / "link.txt");
  fs::create_directory_symlink(tree.root / "bob", folder / "agent" / "bob");
  fs::create_symlink("nowhere", folder / "agent" / "dangling");
  REQUIRE(::mkfifo((folder / "pipe").c_str(), 0600) == 0);
  write(neighbour);
  write(of_bob);

  for (const char* hostile : {"", ".", "..", "../..", "/", "none", "s/user", "../alice/sessions/s"}) {
    tree.files.remove_session("alice", hostile);
    tree.files.remove_session(hostile, "s");
  }
  CHECK(fs::exists(folder / "scratchpad" / "deep" / "er" / "f"));

  tree.files.remove_session("alice", "s");
  tree.files.remove_session("alice", "s");
  CHECK_FALSE(fs::exists(folder));
  for (const auto& file : {neighbour, of_bob, tree.of_alice, tree.of_bob, tree.outside}) { CHECK(fs::exists(file)); }
  ArtifactFiles({}).remove_session("alice", "s2");
  CHECK(fs::exists(neighbour));

  // A link in the place of a folder: it stays, and so does its target.
  fs::create_directory_symlink(tree.root / "bob", folder);
  tree.files.remove_session("alice", "s");
  CHECK(fs::exists(tree.of_bob));
}

TEST_CASE("a session's folder with many files, and nested deeper than the process has descriptors, is removed") {
  const Tree tree;
  const auto folder = tree.files.session_folder("alice", "s");
  for (int i = 0; i < 1100; ++i) { write(folder / "agent" / ("f" + std::to_string(i))); }
  auto nested = folder;
  for (int depth = 0; depth < 200; ++depth) { nested /= "d"; }
  write(nested / "f");

  ::rlimit before{};
  REQUIRE(::getrlimit(RLIMIT_NOFILE, &before) == 0);
  const ::rlimit few{64, before.rlim_max};
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  tree.files.remove_session("alice", "s");
  REQUIRE(::setrlimit(RLIMIT_NOFILE, &before) == 0);
  CHECK_FALSE(fs::exists(folder));
}

TEST_CASE("a file is described by its size and SHA-256") {
  const support::TemporaryFolder folder;
  write(folder.path() / "empty", "");
  write(folder.path() / "abc", "abc");
  CHECK(describe_file(folder.path() / "empty") ==
        heddle::FileDescription{0, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"});
  CHECK(describe_file(folder.path() / "abc") ==
        heddle::FileDescription{3, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"});
  // FIPS 180: a million times "a", in several pieces.
  write(folder.path() / "million", std::string(1'000'000, 'a'));
  CHECK(describe_file(folder.path() / "million") ==
        heddle::FileDescription{1'000'000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"});
  fs::create_symlink(folder.path() / "abc", folder.path() / "link");
  CHECK(describe_file(folder.path() / "link").size_bytes == 3);

  const auto refused = [](const fs::path& path) { return code_of([&] { static_cast<void>(describe_file(path)); }); };
  CHECK(refused(folder.path() / "none") == ErrorCode::not_found);
  CHECK(refused({}) == ErrorCode::not_found);
  CHECK(refused(folder.path()) == ErrorCode::invalid_argument);
  REQUIRE(::mkfifo((folder.path() / "pipe").c_str(), 0600) == 0);
  CHECK(refused(folder.path() / "pipe") == ErrorCode::invalid_argument);
}
