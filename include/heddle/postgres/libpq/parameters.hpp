// Private: may change in every version; public headers include it where it is needed.
#pragma once

#include <boost/endian/conversion.hpp>

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace heddle::postgres::libpq {

/// The sink of a statement's arguments: encodes values in the binary format of PostgreSQL's protocol. Refers to texts
/// and blobs until `clear`; copies everything else.
class Parameters {
 public:
  void clear() noexcept {
    entries_.clear();
    kept_.clear();
  }

  void null() { entries_.push_back({Where::nowhere, nullptr, 0, 0}); }
  void integer(std::int64_t value) { keep(std::bit_cast<std::array<char, 8>>(boost::endian::native_to_big(value))); }
  void real(double value) { integer(std::bit_cast<std::int64_t>(value)); }
  void boolean(bool value) { keep(std::array<char, 1>{value ? '\1' : '\0'}); }
  /// Precondition: the characters exist until `clear`.
  void text(std::string_view value) { refer(value.data(), value.size()); }
  /// Copies the characters.
  void temporary_text(std::string_view value) { keep(value); }
  /// Precondition: the bytes exist until `clear`.
  void blob(std::span<const std::byte> value) { refer(reinterpret_cast<const char*>(value.data()), value.size()); }

  [[nodiscard]] int count() const noexcept { return static_cast<int>(entries_.size()); }
  /// Returns the size of all values in bytes.
  [[nodiscard]] std::size_t size() const noexcept {
    std::size_t sum = 0;
    for (const Entry& entry : entries_) { sum += entry.size; }
    return sum;
  }
  /// Return the arrays for libpq, which are valid until the next argument.
  [[nodiscard]] const char* const* values() {
    values_.clear();
    for (const Entry& entry : entries_) { values_.push_back(data_of(entry)); }
    return values_.data();
  }
  [[nodiscard]] const int* lengths() {
    lengths_.clear();
    for (const Entry& entry : entries_) { lengths_.push_back(static_cast<int>(entry.size)); }
    return lengths_.data();
  }
  [[nodiscard]] const int* formats() {
    constexpr int binary = 1;
    if (formats_.size() < entries_.size()) { formats_.resize(entries_.size(), binary); }
    return formats_.data();
  }

 private:
  enum class Where { nowhere, outside, kept };
  struct Entry {
    Where where;
    const char* data;
    std::size_t offset;
    std::size_t size;
  };

  [[nodiscard]] const char* data_of(const Entry& entry) const noexcept {
    switch (entry.where) {
      case Where::nowhere: return nullptr;
      case Where::outside: return entry.data;
      case Where::kept: break;
    }
    return kept_.data() + entry.offset;
  }

  void refer(const char* data, std::size_t size) {
    // libpq sends a null pointer as NULL.
    entries_.push_back({Where::outside, size == 0 ? "" : data, 0, size});
  }
  template <class Bytes>
  void keep(const Bytes& bytes) {
    const std::size_t offset = kept_.size();
    kept_.insert(kept_.end(), bytes.begin(), bytes.end());
    if (bytes.size() == 0) { return refer("", 0); }
    entries_.push_back({Where::kept, nullptr, offset, bytes.size()});
  }

  std::vector<Entry> entries_;
  std::vector<char> kept_;
  std::vector<const char*> values_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

}  // namespace heddle::postgres::libpq
