#pragma once

#include <cstdint>
#include <initializer_list>
#include <random>
#include <string>
#include <vector>

namespace analysis {

/// Returns a code point in UTF-8.
inline std::string utf8(std::uint32_t point) {
  const auto tail = [point](unsigned shift) { return static_cast<char>(0x80U | ((point >> shift) & 0x3FU)); };
  if (point < 0x80) { return {static_cast<char>(point)}; }
  if (point < 0x800) { return {static_cast<char>(0xC0U | (point >> 6U)), tail(0)}; }
  if (point < 0x10000) { return {static_cast<char>(0xE0U | (point >> 12U)), tail(6), tail(0)}; }
  return {static_cast<char>(0xF0U | (point >> 18U)), tail(12), tail(6), tail(0)};
}

/// Calls `visit` with all code points but surrogates.
template <class Visit>
void for_each_point(Visit&& visit) {
  for (std::uint32_t point = 0; point < 0x110000; ++point) {
    if (point < 0xD800 || point > 0xDFFF) { visit(point); }
  }
}

/// Generates texts of code points of some script at a time, with marks, joiners and separators among them.
class TextMaker {
 public:
  explicit TextMaker(std::uint32_t seed) : random_(seed) {}

  std::uint32_t number(std::uint32_t below) { return static_cast<std::uint32_t>(random_() % below); }

  std::string text() {
    struct Script {
      std::uint32_t first = 0;
      std::uint32_t last = 0;
    };
    static const std::vector<Script> scripts{
        {0x20, 0x7E},      {0xA0, 0x24F},      {0x1E00, 0x1EFF},   {0x370, 0x3FF},     {0x1F00, 0x1FFF},
        {0x400, 0x52F},    {0x530, 0x5FF},     {0x600, 0x6FF},     {0x700, 0x7BF},     {0x900, 0x97F},
        {0x980, 0x9FF},    {0xB80, 0xBFF},     {0xC00, 0xCFF},     {0xD00, 0xDFF},     {0xE00, 0xE5B},
        {0xE80, 0xEDF},    {0xF00, 0xFD4},     {0x1000, 0x109F},   {0x10A0, 0x10FF},   {0x1100, 0x11FF},
        {0x1780, 0x17F9},  {0x1B00, 0x1B7F},   {0x2000, 0x206F},   {0x2190, 0x22FF},   {0x3000, 0x30FF},
        {0x3130, 0x33FF},  {0x4E00, 0x4EFF},   {0xAC00, 0xACFF},   {0xF900, 0xFAFF},   {0xFB00, 0xFDFF},
        {0xFE00, 0xFFEE},  {0x11080, 0x111FF}, {0x1D100, 0x1D1FF}, {0x1F1E6, 0x1F64F}, {0x1F900, 0x1F9FF},
        {0xE0020, 0xE0FFF}};
    static const std::vector<std::uint32_t> often{0x300,  0x301,  0x306, 0x323, 0x327,  0x338,   0x345,  0x653,
                                                  0x654,  0x93C,  0x94D, 0x9BE, 0x3099, 0x309A,  0x200D, 0xFE0F,
                                                  0x1161, 0x11A8, 0x20,  0x2C,  0x438,  0x1F3FD, 0x20E3, 0x640};
    std::string text;
    for (std::uint32_t runs = 1 + number(4); runs > 0; --runs) {
      const Script& script = scripts[number(static_cast<std::uint32_t>(scripts.size()))];
      for (std::uint32_t points = 1 + number(6); points > 0; --points) {
        text += utf8(script.first + number(script.last - script.first + 1));
        while (number(4) == 0) { text += utf8(often[number(static_cast<std::uint32_t>(often.size()))]); }
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

/// Returns texts that never change.
inline std::vector<std::string> samples() {
  TextMaker maker(20240607U);
  std::vector<std::string> texts{std::string(300, 'x'), std::string(63, 'a') + "ing", "naïvely Größe running"};
  for (int count = 0; count < 20000; ++count) { texts.push_back(maker.text()); }
  return texts;
}

}  // namespace analysis
