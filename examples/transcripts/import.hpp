#pragma once

#include "progress.hpp"
#include "transcript.hpp"

#include <heddle/concepts/storage_backend.hpp>

#include <exception>
#include <map>
#include <string>
#include <thread>
#include <vector>

/// Stores one conversation. The idempotency key of every write is made of its position in the file, so that a repeat,
/// after a crash or otherwise, adds nothing.
void store_transcript(heddle::StorageBackend auto& storage, const Transcript& transcript) {
  const auto context = heddle::Context::for_user(transcript.tenant);
  auto& sessions = storage.session_storage();
  sessions.save_session(context, {.id = transcript.session_id, .name = transcript.name, .agent_id = "airline-agent"},
                        {.idempotency_key = transcript.session_id});
  for (std::size_t index = 0; index < transcript.turns.size(); ++index) {
    sessions.save_turn(context, transcript.session_id, transcript.turns[index],
                       {.idempotency_key = transcript.session_id + "/" + std::to_string(index)});
  }
}

/// Stores all conversations, one thread for each tenant: their saves share commits.
void store_all(heddle::StorageBackend auto& storage, const std::vector<Transcript>& transcripts) {
  std::map<std::string, std::vector<const Transcript*>> by_tenant;
  for (const auto& transcript : transcripts) { by_tenant[transcript.tenant].push_back(&transcript); }
  Progress progress(transcripts.size());
  std::vector<std::exception_ptr> failures(by_tenant.size());
  {
    std::vector<std::jthread> threads;
    for (const auto& [tenant, list] : by_tenant) {
      threads.emplace_back([&storage, &progress, &work = list, &failure = failures[threads.size()]] {
        try {
          for (const Transcript* transcript : work) {
            store_transcript(storage, *transcript);
            progress.step();
          }
        } catch (...) { failure = std::current_exception(); }
      });
    }
  }
  for (const auto& failure : failures) {
    if (failure) { std::rethrow_exception(failure); }
  }
}
