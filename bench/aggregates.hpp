// The described aggregate of aggregates.cpp. Not in an anonymous namespace, since another process must mean the same by its name.
#pragma once

#include <boost/describe.hpp>
#include <cstdint>
#include <optional>

#include "ipcarc/ipcarc.hpp"

namespace ipcarc::bench {

template <class String>
struct Record {
  std::uint64_t id = 0;
  std::int32_t a = 0;
  std::int32_t b = 0;
  std::int64_t c = 0;
  std::uint16_t d = 0;
  std::uint8_t e = 0;
  std::uint32_t f = 0;
  double x = 0;
  double y = 0;
  float z = 0;
  bool on = false;
  bool off = false;
  char letter = 0;
  std::int16_t g = 0;
  std::uint64_t h = 0;
  String name;
  String kind;
  String title;
  String place;
  String text;
  BOOST_DESCRIBE_CLASS(Record, (),
                       (id, a, b, c, d, e, f, x, y, z, on, off, letter, g, h, name, kind, title,
                        place, text),
                       (), ())
};

struct Records {
  std::optional<Record<ipcarc::string>> here;
  std::optional<Record<ipcarc::string>> there;
};

}  // namespace ipcarc::bench
