#pragma once

#include <heddle/time.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// What the command prints for people.
namespace command {

/// Returns a text without control characters, which a terminal would obey, but for the ends of its lines and tabs.
[[nodiscard]] std::string printable(std::string_view text);
/// The same in one line of at most so many code points.
[[nodiscard]] std::string in_one_line(std::string_view text, std::size_t longest);
/// Returns a text whose lines have at most so many code points, unless a word has more. Lines that a longer one becomes
/// begin with as many spaces. Colours in it have no width.
[[nodiscard]] std::string wrapped(std::string_view text, std::size_t width);
/// Returns each line of a text with this in front of it, but for empty ones.
[[nodiscard]] std::string indented(std::string_view text, std::string_view indentation);
/// Returns a time as 2026-11-27 02:31:05, in UTC.
[[nodiscard]] std::string in_utc(heddle::Timestamp time);
/// Returns a time as 2026-11-27T02:31:05.000001Z.
[[nodiscard]] std::string in_iso8601(heddle::Timestamp time);
/// Returns a number of bytes as 12.3 MB.
[[nodiscard]] std::string in_bytes(double bytes);
/// Returns a number with its thousands apart.
[[nodiscard]] std::string with_commas(std::int64_t number);
/// Returns how many there are of something: 1 tenant, 2 tenants.
[[nodiscard]] std::string counted(std::int64_t number, std::string_view one, std::string_view many);
/// Returns an amount of money as $0.0021.
[[nodiscard]] std::string in_dollars(double amount);

/// Returns true if a descriptor is a terminal.
[[nodiscard]] bool is_terminal(int descriptor) noexcept;

/// Returns how many columns a terminal has; 0 if a descriptor is none.
[[nodiscard]] std::size_t width_of_terminal(int descriptor) noexcept;

/// Colours of the standard output: none if it is not a terminal, or if NO_COLOR is set.
class Colours {
 public:
  Colours();

  [[nodiscard]] std::string bold(std::string_view text) const { return in("1", text); }
  [[nodiscard]] std::string dim(std::string_view text) const { return in("2", text); }
  [[nodiscard]] std::string red(std::string_view text) const { return in("31", text); }
  [[nodiscard]] std::string green(std::string_view text) const { return in("32", text); }
  [[nodiscard]] std::string yellow(std::string_view text) const { return in("33", text); }
  [[nodiscard]] std::string blue(std::string_view text) const { return in("34", text); }
  [[nodiscard]] std::string cyan(std::string_view text) const { return in("36", text); }

 private:
  [[nodiscard]] std::string in(std::string_view code, std::string_view text) const;

  bool shown_;
};

/// Rows whose columns stand below one another. Cells must not have control characters.
class Table {
 public:
  explicit Table(std::vector<std::string> titles) { rows_.push_back(std::move(titles)); }
  void add(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }
  /// Returns the lines. The last column is not filled up, and is cut if a terminal has no room for it.
  [[nodiscard]] std::string text(const Colours& colours) const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

/// A bar on the standard error, with the rate and the remaining time; nothing if that is not a terminal.
class Progress {
 public:
  enum class Unit { items, bytes };

  /// `what` is done, such as "importing".
  explicit Progress(std::string what, Unit unit = Unit::items);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  Progress(Progress&&) = delete;
  Progress& operator=(Progress&&) = delete;
  /// Removes the bar.
  ~Progress();

  /// `total` is 0 if it is not known.
  void show(std::int64_t done, std::int64_t total = 0);
  /// The same for something else than before, with a rate of its own.
  void show(const std::string& what, std::int64_t done, std::int64_t total);

 private:
  using Clock = std::chrono::steady_clock;

  [[nodiscard]] std::string amount(double number) const;

  std::string what_;
  Unit unit_;
  bool shown_;
  bool is_drawn_ = false;
  std::int64_t first_ = -1;  ///< what was done before: its rate is not known
  Clock::time_point start_;
  Clock::time_point drawn_{};
};

}  // namespace command
