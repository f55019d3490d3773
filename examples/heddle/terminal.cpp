#include "terminal.hpp"

#include <heddle/control_characters.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <utility>

#include <sys/ioctl.h>
#include <unistd.h>

namespace command {
namespace {

bool is_start(char byte) { return (static_cast<unsigned char>(byte) & 0xC0U) != 0x80U; }

/// Returns how many bytes the first code points of a text in UTF-8 have. Colours have no width.
std::size_t bytes_of(std::string_view text, std::size_t code_points) {
  std::size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '\x1B') {
      at = std::min(text.find('m', at), text.size() - 1);
    } else if (is_start(text[at]) && code_points-- == 0) {
      break;
    }
  }
  return at;
}

/// The number of code points of a text, which is its width but for wide characters.
std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), is_start));
}

void append_wrapped(std::string& result, std::string_view line, std::size_t width) {
  const std::size_t spaces = std::min(line.find_first_not_of(' '), line.size());
  const std::string margin(std::min(spaces, width / 2), ' ');
  result += margin;
  line.remove_prefix(spaces);
  for (;;) {
    const std::size_t room = bytes_of(line, width - margin.size());
    if (room == line.size()) { break; }
    std::size_t cut = line.rfind(' ', room);
    if (cut == std::string_view::npos) { cut = line.find(' ', room); }
    if (cut == std::string_view::npos) { break; }
    result.append(line.substr(0, cut)).append("\n").append(margin);
    line.remove_prefix(std::min(line.find_first_not_of(' ', cut), line.size()));
  }
  result += line;
}

std::string formatted(const char* format, double number, const char* unit) {
  std::array<char, 64> buffer{};
  const int size = std::snprintf(buffer.data(), buffer.size(), format, number, unit);
  return {buffer.data(), static_cast<std::size_t>(std::max(size, 0))};
}

std::string time_left(double seconds) {
  const auto whole = std::int64_t{std::llround(seconds)};
  std::array<char, 64> buffer{};
  if (whole >= 3600) {
    std::snprintf(buffer.data(), buffer.size(), "%lld h %02lld min", static_cast<long long>(whole / 3600),
                  static_cast<long long>(whole / 60 % 60));
  } else {
    std::snprintf(buffer.data(), buffer.size(), "%lld:%02lld", static_cast<long long>(whole / 60),
                  static_cast<long long>(whole % 60));
  }
  return buffer.data();
}

}  // namespace

std::string printable(std::string_view text) {
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const std::size_t control = heddle::leading_control(text);
    if (control == 0 || text.front() == '\n' || text.front() == '\t') {
      result += text.front();
      text.remove_prefix(1);
    } else {
      // Ends of lines of other systems need no sign.
      if (text.front() != '\r') { result += "\uFFFD"; }
      text.remove_prefix(control);
    }
  }
  return result;
}

std::string in_one_line(std::string_view text, std::size_t longest) {
  // The rest of a long text is not looked at. Not in the middle of a code point.
  std::size_t size = std::min(text.size(), 8 * longest + 64);
  while (size < text.size() && size > 0 && !is_start(text[size])) { --size; }
  std::string line;
  std::size_t width = 0;
  for (const char each : printable(text.substr(0, size))) {
    const bool is_space = each == '\n' || each == '\t' || each == ' ';
    if (is_space && (line.empty() || line.back() == ' ')) { continue; }
    if (is_start(each) && ++width > longest) { return line.append("…"); }
    line += is_space ? ' ' : each;
  }
  while (!line.empty() && line.back() == ' ') { line.pop_back(); }
  return line;
}

std::string wrapped(std::string_view text, std::size_t width) {
  std::string result;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (start != 0) { result += '\n'; }
    append_wrapped(result, text.substr(start, end - start), width);
    start = end + 1;
  }
  return result;
}

std::string indented(std::string_view text, std::string_view indentation) {
  std::string result;
  for (std::size_t start = 0; start <= text.size();) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    if (end != start) { result.append(indentation).append(text.substr(start, end - start)); }
    result += '\n';
    start = end + 1;
  }
  return result;
}

std::string in_utc(heddle::Timestamp time) {
  const auto seconds = static_cast<std::time_t>(heddle::microseconds_of(time) / 1'000'000);
  std::tm parts{};
  ::gmtime_r(&seconds, &parts);
  std::array<char, 64> buffer{};
  const std::size_t size = std::strftime(buffer.data(), buffer.size(), "%Y-%m-%d %H:%M:%S", &parts);
  return {buffer.data(), size};
}

std::string in_iso8601(heddle::Timestamp time) {
  constexpr std::int64_t second = 1'000'000;
  const std::int64_t rest = (heddle::microseconds_of(time) % second + second) % second;
  std::string text = in_utc(time - std::chrono::microseconds(rest));
  std::array<char, 16> fraction{};
  std::snprintf(fraction.data(), fraction.size(), ".%06dZ", static_cast<int>(rest));
  return text.replace(text.find(' '), 1, "T").append(fraction.data());
}

std::string in_bytes(double bytes) {
  constexpr std::array<const char*, 5> units{"B", "KB", "MB", "GB", "TB"};
  std::size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < units.size()) {
    bytes /= 1000;
    ++unit;
  }
  return formatted(unit == 0 ? "%.0f %s" : "%.1f %s", bytes, units.at(unit));
}

std::string with_commas(std::int64_t number) {
  std::string digits = std::to_string(number);
  const std::size_t first = digits.front() == '-' ? 1 : 0;
  for (std::size_t at = digits.size(); at > first + 3;) { digits.insert(at -= 3, ","); }
  return digits;
}

std::string counted(std::int64_t number, std::string_view one, std::string_view many) {
  return with_commas(number).append(" ").append(number == 1 ? one : many);
}

std::string in_dollars(double amount) { return formatted("$%.4f%s", amount, ""); }

bool is_terminal(int descriptor) noexcept { return ::isatty(descriptor) != 0; }

std::size_t width_of_terminal(int descriptor) noexcept {
  winsize size{};
  if (!is_terminal(descriptor) || ::ioctl(descriptor, TIOCGWINSZ, &size) != 0) { return 0; }
  // One that does not know is as wide as terminals have been.
  return size.ws_col == 0 ? 80 : size.ws_col;
}

Colours::Colours() : shown_(is_terminal(STDOUT_FILENO) && std::getenv("NO_COLOR") == nullptr) {}

std::string Colours::in(std::string_view code, std::string_view text) const {
  std::string result;
  if (!shown_) { return result.append(text); }
  return result.append("\x1B[").append(code).append("m").append(text).append("\x1B[0m");
}

std::string Table::text(const Colours& colours) const {
  std::vector<std::size_t> widths;
  for (const auto& row : rows_) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t column = 0; column < row.size(); ++column) {
      widths[column] = std::max(widths[column], width_of(row[column]));
    }
  }
  constexpr std::size_t narrowest = 20;
  const std::size_t width = width_of_terminal(STDOUT_FILENO);
  std::string result;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t column = 0; column < row.size(); ++column) {
      const std::size_t used = width_of(line);
      const bool is_cut = width != 0 && column + 1 == row.size();
      line += is_cut ? in_one_line(row[column], std::max(narrowest, width - std::min(width, used + 1))) : row[column];
      if (column + 1 < row.size()) { line.append(widths[column] - width_of(row[column]) + 2, ' '); }
    }
    result += &row == &rows_.front() ? colours.bold(line) : line;
    result += '\n';
  }
  return result;
}

Progress::Progress(std::string what, Unit unit)
    : what_(std::move(what)), unit_(unit), shown_(is_terminal(STDERR_FILENO)), start_(Clock::now()) {}

Progress::~Progress() {
  if (is_drawn_) { std::fputs("\r\x1B[K", stderr); }
}

std::string Progress::amount(double number) const {
  return unit_ == Unit::bytes ? in_bytes(number) : with_commas(static_cast<std::int64_t>(number));
}

void Progress::show(const std::string& what, std::int64_t done, std::int64_t total) {
  if (what != what_) {
    what_ = what;
    first_ = -1;
    start_ = Clock::now();
  }
  show(done, total);
}

void Progress::show(std::int64_t done, std::int64_t total) {
  if (!shown_) { return; }
  const auto present = Clock::now();
  if (first_ < 0) { first_ = done; }
  // Drawn ten times a second: otherwise the terminal would be the slowest part.
  if (is_drawn_ && present - drawn_ < std::chrono::milliseconds(100)) { return; }
  drawn_ = present;
  is_drawn_ = true;
  const double seconds = std::chrono::duration<double>(present - start_).count();
  const double rate = seconds > 0 ? static_cast<double>(done - first_) / seconds : 0;
  std::string line = what_ + " ";
  if (total > 0) {
    constexpr std::size_t cells = 20;
    const auto share = std::min(1.0, static_cast<double>(done) / static_cast<double>(total));
    const auto full = static_cast<std::size_t>(share * cells);
    line += "[" + std::string(full, '#') + std::string(cells - full, '.') + "] " +
            std::to_string(static_cast<int>(share * 100)) + "%  ";
  }
  line += amount(static_cast<double>(done));
  if (total > 0) { line += " of " + amount(static_cast<double>(total)); }
  if (rate > 0) {
    line += "  " + amount(rate) + "/s";
    if (total > done) { line += "  " + time_left(static_cast<double>(total - done) / rate) + " left"; }
  }
  // A bar of two lines could not be drawn over itself.
  std::fprintf(stderr, "\r%s\x1B[K",
               in_one_line(line, std::max<std::size_t>(width_of_terminal(STDERR_FILENO), 2) - 2).c_str());
  std::fflush(stderr);
}

}  // namespace command
