// What setting a value from JSON comes down to: a list of bytes and texts to write, made and checked
// before anything is written.
//
// Thread and process safety: a ValueSetter is one caller's, who keeps the value still.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "values/json_path.hpp"

namespace ipcarc::detail {

/// Bytes to be written at an offset.
struct BytesToWrite {
  std::uint64_t offset;
  std::vector<std::byte> bytes;
};

/// A text to be assigned to the ipcarc::string at an offset.
struct TextToWrite {
  std::uint64_t offset;
  std::string text;
};

class ValueSetter {
 public:
  explicit ValueSetter(const Contents& contents) noexcept : contents_(contents) {}

  /// Notes what makes the value at `place` be `json`. Throws Misfit, Damage.
  void set(Place place, const nlohmann::json& json) { set(place, json, 0); }

  const std::vector<BytesToWrite>& bytes() const noexcept { return bytes_; }
  const std::vector<TextToWrite>& texts() const noexcept { return texts_; }

 private:
  void set(Place place, const nlohmann::json& json, int depth);
  void number(Place place, const nlohmann::json& json);
  void character(Place place, const nlohmann::json& json);
  void text(Place place, const nlohmann::json& json);
  void members(Place place, const nlohmann::json& json, int depth);
  void parts(Place place, const nlohmann::json& json, int depth);
  void elements(Place place, const nlohmann::json& json, int depth);
  void optional(Place place, const nlohmann::json& json, int depth);
  void bits(Place place, const nlohmann::json& json);

  template <class Number>
  void integer(Place place, const nlohmann::json& json);
  template <class Number>
  void floating(Place place, const nlohmann::json& json);
  void write(std::uint64_t offset, const void* from, std::size_t bytes);

  const Contents& contents_;
  std::vector<BytesToWrite> bytes_;
  std::vector<TextToWrite> texts_;
};

}  // namespace ipcarc::detail
