#pragma once

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdio>
#include <string>

/// A progress bar that threads advance; prints nothing if the output is not a terminal.
class Progress {
 public:
  explicit Progress(std::size_t total)
      : total_(std::max<std::size_t>(total, 1)), shown_(::isatty(STDERR_FILENO) != 0) {}

  void step() {
    const std::size_t done = ++done_;
    if (!shown_) { return; }
    constexpr std::size_t width = 50;
    const std::size_t cells = width * done / total_;
    // Redrawn only when it grows; otherwise the terminal would be the slowest part.
    if (cells == width * (done - 1) / total_ && done != total_) { return; }
    const std::string bar = std::string(cells, '#') + std::string(width - cells, '.');
    std::fprintf(stderr, "\r  [%s] %zu/%zu%s", bar.c_str(), done, total_, done == total_ ? "\n" : "");
  }

 private:
  std::size_t total_;
  bool shown_;
  std::atomic<std::size_t> done_{0};
};
