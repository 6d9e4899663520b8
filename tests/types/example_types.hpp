// Types of every kind, for the tests of what is said of types.
#pragma once

#include <array>
#include <atomic>
#include <bitset>
#include <chrono>
#include <complex>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <utility>
#include <variant>

#include <boost/describe.hpp>

#include <ipcarc/containers/map.hpp>
#include <ipcarc/containers/string.hpp>
#include <ipcarc/containers/unordered_map.hpp>
#include <ipcarc/containers/vector.hpp>
#include <ipcarc/types.hpp>

namespace example {

enum class Color : std::uint8_t { red, green };

struct Empty {};

struct Point {
  int x;
  double y;
};

struct Arrays {
  char name[8];
  Point corners[2][3];
  std::array<Point, 2> ends;
  std::array<std::string, 2> words;
  int last;
};

struct Aligned {
  char first;
  alignas(64) int second;
  char third;
};

/// No member but the first and the last is initialised by empty braces.
struct NoDefault {
  explicit NoDefault(int v) : value(v) {}
  int value;
};
struct Reluctant {
  int first;
  NoDefault second;
  char text[5];
  NoDefault third[2];
  int last;
};

struct ExplicitDefault {
  explicit ExplicitDefault(int v = 0) : value(v) {}
  int value;
};
struct Initialised {
  int first = 1;
  ExplicitDefault second = ExplicitDefault(3);
  int third = 4;
};

struct References {
  int first;
  int& second;
  const int& third;
};

struct Bits {
  int whole;
  unsigned part : 3;
};

struct Derived : Point {
  int z;
};

struct DerivedFromEmpty : Empty {
  int z;
};

struct DescribedBase {
  int a;
};
struct DescribedDerived : DescribedBase {
  short b;
};
BOOST_DESCRIBE_STRUCT(DescribedDerived, (DescribedBase), (b))

class DescribedClass {
 public:
  DescribedClass() = default;
  explicit DescribedClass(int number) : number_(number) {}

 private:
  int number_ = 7;
  ipcarc::string text_;
  static inline int count_ = 0;
  BOOST_DESCRIBE_CLASS(DescribedClass, (), (), (), (number_, text_, count_))
};

class Hidden {
 public:
  Hidden() = default;
  int get() const { return value_; }

 private:
  int value_ = 0;
};

class Vouched {
 public:
  Vouched() = default;
  int get() const { return value_; }

 private:
  int value_ = 0;
};

struct Peer {
  int port;
  ipcarc::string name;
  Color color;
};

struct Everything {
  bool flag;
  char letter;
  long number;
  long long wide_number;
  unsigned short small_number;
  float ratio;
  long double precise;
  Color color;
  const int fixed;
  Arrays* unused_type(Arrays*);  // a member function is not a member of the layout
  ipcarc::vector<Peer> peers;
  ipcarc::map<ipcarc::string, Point> points;
  ipcarc::unordered_map<int, ipcarc::vector<ipcarc::string>> words;
  std::optional<ipcarc::string> maybe;
  std::variant<std::monostate, int, ipcarc::string> either;
  std::tuple<char, double, Empty> triple;
  std::pair<short, long> couple;
  std::bitset<70> bits;
  std::chrono::milliseconds delay;
  std::chrono::steady_clock::time_point moment;
  std::atomic<unsigned> counter;
  std::complex<float> wave;
  DescribedDerived described;
  DescribedClass described_class;
  Vouched vouched;
};

struct Tree {
  int value;
  ipcarc::vector<Tree> children;
};

template <class T, int N = 3>
struct Box {
  T items[N];
};

template <Color C>
struct Tinted {
  int value;
};

inline namespace current {
struct Versioned {
  int value;
};
}  // namespace current

}  // namespace example

template <>
inline constexpr bool ipcarc::enable_relocatable<example::Vouched> = true;
