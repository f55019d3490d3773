#pragma once

#include "heddle/core.hpp"
#include "heddle/reflection/members.hpp"

#include <bit>
#include <chrono>
#include <concepts>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <variant>

/// Results of backends as text, so that they can be compared and read.
namespace differential {

/// Formats a value by reflection. Two values have the same text if they are equal to the last bit, except for what
/// differs between backends: current times and generated ids.
class Shown {
 public:
  /// `made` maps generated ids to the name that they have on both sides.
  explicit Shown(const std::map<std::string, std::string>& made) : made_(made) {}

  template <class T>
  [[nodiscard]] std::string operator()(const T& value) const {
    std::string text;
    show(text, value);
    return text;
  }

 private:
  template <class T>
  void show(std::string& out, const T& value) const {
    using namespace heddle;
    if constexpr (std::same_as<T, std::string>) {
      const auto made = made_.find(value);
      out.append("'").append(made == made_.end() ? value : made->second).append("'");
    } else if constexpr (std::same_as<T, bool>) {
      out += value ? "true" : "false";
    } else if constexpr (std::integral<T>) {
      out += std::to_string(value);
    } else if constexpr (std::floating_point<T>) {
      out.append("real ").append(std::to_string(std::bit_cast<std::int64_t>(value)));
    } else if constexpr (NamedEnum<T>) {
      out += to_string(value);
    } else if constexpr (std::same_as<T, JsonObject> || std::same_as<T, JsonValue>) {
      out += value.text;
    } else if constexpr (std::same_as<T, Timestamp>) {
      out += is_present(value) ? "now" : std::to_string(microseconds_of(value));
    } else if constexpr (std::same_as<T, std::chrono::milliseconds>) {
      out += std::to_string(value.count());
    } else if constexpr (std::same_as<T, std::monostate>) {
      out += "null";
    } else if constexpr (std::same_as<T, Cell>) {
      std::visit([&](const auto& cell) { show(out, cell); }, value);
    } else if constexpr (heddle::reflection::is_optional<T>) {
      value ? show(out, *value) : static_cast<void>(out += "nothing");
    } else if constexpr (heddle::reflection::StringMap<T>) {
      for (const auto& [key, text] : value) { out.append(key).append("=").append(text).append("; "); }
    } else if constexpr (heddle::reflection::is_vector<T>) {
      out += "[";
      for (const auto& element : value) {
        show(out, element);
        out += ",\n  ";
      }
      out += "]";
    } else if constexpr (std::same_as<T, SequenceRange>) {
      out.append(std::to_string(value.first)).append("..").append(std::to_string(value.last));
      out.append(" of ").append(std::to_string(value.branch));
    } else if constexpr (std::same_as<T, SessionEnd>) {
      out.append(std::to_string(value.sequence)).append(" of ").append(std::to_string(value.branch));
    } else if constexpr (std::same_as<T, HumanRequest>) {
      HumanRequest relative = value;
      if (relative.expires_at) { *relative.expires_at = Timestamp{*value.expires_at - value.created_at}; }
      show_members(out, relative);
    } else if constexpr (std::same_as<T, ResultMetadata>) {
      ResultMetadata relative = value;
      relative.expires_at = Timestamp{value.expires_at - value.stored_at};
      show_members(out, relative);
    } else if constexpr (std::same_as<T, FoundMessage>) {
      // Scores differ.
      show_members(out, static_cast<const Message&>(value));
      out.append(" shows ").append(value.snippet);
      for (const TextPlace& place : value.places) {
        out.append(" ").append(std::to_string(place.begin)).append("-").append(std::to_string(place.end));
      }
    } else if constexpr (std::same_as<T, FoundArtifact>) {
      show_members(out, static_cast<const Artifact&>(value));
    } else if constexpr (std::same_as<T, Session>) {
      show_members(out, value);
      show(out, value.messages);
    } else if constexpr (heddle::reflection::Record<T>) {
      show_members(out, value);
    } else {
      show(out, value.items);
      out += value.next.empty() ? " the end" : " and more";
    }
  }

  template <class T>
  void show_members(std::string& out, const T& record) const {
    out += "{";
    heddle::reflection::for_each_member(record, [&](const char* name, const auto& member) {
      out.append(name).append(": ");
      show(out, member);
      out += ", ";
    });
    out += "}";
  }

  /// About the time of the test: no test uses such a time.
  static bool is_present(heddle::Timestamp time) {
    const auto now = heddle::now();
    return time > now - std::chrono::hours(24) && time < now + std::chrono::hours(24);
  }

  const std::map<std::string, std::string>& made_;
};

}  // namespace differential
