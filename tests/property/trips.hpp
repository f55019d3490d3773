#pragma once

#include "heddle/error.hpp"
#include "property/generator.hpp"
#include "property/texts.hpp"
#include "support/long_run.hpp"

#include <doctest/doctest.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace property {

using heddle::ErrorCode;

/// The bad texts for each text of a record.
inline const std::int64_t inputs = support::size_of_run(100, 1000);

/// How records of a type are stored and loaded, and their special rules.
template <class Record>
struct Trip {
  Record base = filled<Record>();
  /// Stores a record; throws what the store throws.
  std::function<void(const Record&)> save;
  /// Returns the records that were stored since the last call, in that order.
  std::function<std::vector<Record>()> load;
  /// Texts that are not stored, or not as given.
  std::set<std::string> not_compared{};
  /// Texts with additional rules, such as references to other records.
  std::set<std::string> particular{};
  /// Errors that a particular text can cause, besides `invalid_argument`; they name it, cut, if it is an id.
  std::set<ErrorCode> further_errors{};
  /// Texts that may be any bytes.
  std::set<std::string> any_bytes{};
};

struct Count {
  int accepted = 0;
  int refused = 0;
};

/// Replaces one text of a record by each of the bad texts.
template <class Record>
void try_text(const Trip<Record>& trip, std::size_t index, Generator& random) {
  const Text target = texts_of(trip.base).at(index);
  INFO("text " << target.path);
  const bool is_particular = trip.particular.count(target.path) != 0;
  const bool takes_bytes = trip.any_bytes.count(target.path) != 0;
  const bool takes_clean = target.kind != TextKind::object && !is_particular;
  std::vector<Record> stored;
  Count count;
  for (std::int64_t number = 0; number < inputs; ++number) {
    const bool json = target.kind == TextKind::object || (target.kind == TextKind::json && random.one_in(2));
    const std::string text = number == 0 ? std::string((std::size_t{16} << 20U) + 1, ' ')
                             : json      ? random.nasty_json()
                                         : random.nasty();
    const Record record = with_text(trip.base, index, text);
    try {
      trip.save(record);
      if ((!is_clean(text) && !takes_bytes) || number == 0) { FAIL_CHECK("accepted: {" << text.substr(0, 100) << "}"); }
      stored.push_back(record);
      ++count.accepted;
    } catch (const heddle::Error& error) {
      ++count.refused;
      const bool acceptable = takes_clean && (is_clean(text) || takes_bytes) && text.size() <= 255 && !text.empty();
      const bool further = is_particular && trip.further_errors.count(error.code()) != 0 && is_clean(text);
      if (acceptable || (error.code() != ErrorCode::invalid_argument && !further)) {
        FAIL_CHECK("{" << text << "}: " << std::string(heddle::to_string(error.code())) << ", "
                       << std::string(error.what()));
      }
      if (!further && text.size() > 8 && std::string(error.what()).find(text) != std::string::npos) {
        FAIL_CHECK("the error quotes what it was given: " << std::string(error.what()));
      }
    }
  }
  const std::vector<Record> loaded = trip.load();
  REQUIRE(loaded.size() == stored.size());
  for (std::size_t at = 0; at < loaded.size(); ++at) {
    const auto before = texts_of(stored[at]);
    const auto after = texts_of(loaded[at]);
    REQUIRE(before.size() == after.size());
    for (std::size_t text = 0; text < before.size(); ++text) {
      if (trip.not_compared.count(before[text].path) == 0 && before[text] != after[text]) {
        FAIL_CHECK(before[text].path << ": {" << before[text].value << "} came back as {" << after[text].value << "}");
      }
    }
  }
  // Otherwise nothing was tested.
  CHECK(count.refused > (takes_bytes ? 0 : inputs / 20));
  if (!is_particular) { CHECK(count.accepted > inputs / 20); }
}

template <class Record>
void try_all(const Trip<Record>& trip) {
  MESSAGE("seed " << seed());
  Generator random(seed());
  const std::size_t texts = texts_of(trip.base).size();
  REQUIRE(texts > 0);
  for (std::size_t index = 0; index < texts; ++index) { try_text(trip, index, random); }
}

/// Loads the records one by one in the order in which they were stored.
template <class Record>
class Shelf {
 public:
  void put(std::optional<Record> record) {
    REQUIRE(record);
    records_.push_back(std::move(*record));
  }
  [[nodiscard]] auto taker() {
    return [this] { return std::exchange(records_, {}); };
  }

 private:
  std::vector<Record> records_;
};

}  // namespace property
