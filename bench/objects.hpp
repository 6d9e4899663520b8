// What the bench shares. Not in an anonymous namespace, since another process must mean the same by their names.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "ipcarc/ipcarc.hpp"

namespace ipcarc::bench {

struct Point {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
};

struct Note {
  std::uint64_t id = 0;
  ipcarc::string text;
};

struct Counter {
  std::uint64_t value = 0;
};

template <std::size_t Bytes>
struct Block {
  std::array<std::uint64_t, Bytes / 8> words{};
};

struct Collection {
  std::optional<ipcarc::string> text;
  ipcarc::vector<ipcarc::string> list;
  ipcarc::vector<std::uint64_t> numbers;
  ipcarc::unordered_map<std::uint64_t, std::uint64_t> table;
};

}  // namespace ipcarc::bench
