#pragma once

#include "heddle/context.hpp"

#include <cstdint>
#include <functional>
#include <string>

namespace heddle {

/// Called after a session was permanently deleted, with the Context of the deletion and the session's id, on the thread
/// that deletes, which can be the backend's own thread that purges. For a purged session the Context names its tenant.
/// If a hook throws, `delete_session` or `purge_deleted_sessions` throws that exception after all other hooks have run;
/// the session stays deleted, and `clean_up_session` runs all hooks again. So a hook must bear to be run twice.
using CleanupHook = std::function<void(const Context&, const std::string&)>;

/// Identifies a hook, to remove it.
enum class CleanupHookId : std::uint64_t {};

}  // namespace heddle
