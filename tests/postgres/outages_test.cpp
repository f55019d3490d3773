#include "postgres/diary.hpp"
#include "postgres/proxied_backend.hpp"
#include "support/own_server.hpp"

#include <doctest/doctest.h>

#include <chrono>
#include <thread>

/// Sixteen threads write while the server ends their connections, goes down and comes back.
namespace {

using namespace std::chrono_literals;
using diary::Writers;
using support::OwnServer;
using support::ProxiedBackend;

constexpr int threads = 16;
constexpr int connections = 8;

}  // namespace

TEST_CASE("postgres outages: connections are ended at random") {
  ProxiedBackend here(connections);
  Writers writers(here);
  writers.write_while(threads, [&] {
    for (int round = 0; round < 150; ++round) {
      here.end_one();
      std::this_thread::sleep_for(3ms);
    }
    writers.await_more(100);
  });
  CHECK(writers.failed() + writers.in_doubt() > 10);
  writers.check();
}

TEST_CASE("postgres outages: connections are cut at random") {
  ProxiedBackend here(connections);
  Writers writers(here);
  writers.write_while(threads, [&] {
    for (int round = 0; round < 60; ++round) {
      const auto direction = round % 2 == 0 ? support::Direction::to_server : support::Direction::to_client;
      const auto arrival = round % 4 < 2 ? support::Arrival::is_lost : support::Arrival::arrives;
      here.proxy().cut_at(direction, 1 + round * 7 % 31, arrival);
      std::this_thread::sleep_for(5ms);
      if (round % 20 == 10) { here.proxy().cut_all(); }
    }
    here.proxy().cut_nothing();
    writers.await_more(100);
  });
  CHECK(writers.failed() > 0);
  CHECK(writers.in_doubt() > 0);
  writers.check();
}

TEST_CASE("postgres outages: the server goes down and comes back") {
  for (const auto how : {OwnServer::Shutdown::fast, OwnServer::Shutdown::immediate}) {
    CAPTURE(static_cast<int>(how));
    ProxiedBackend here(connections);
    Writers writers(here);
    writers.write_while(threads, [&] {
      for (int round = 0; round < 3; ++round) {
        std::this_thread::sleep_for(100ms);
        OwnServer::restart(how);
        writers.await_more(100);
      }
    });
    CHECK(writers.failed() > 0);
    here.look_again();
    writers.check();
  }
}
