// Types of one name and layout that two programs share in different ways: the test, and the program
// that is compiled with IPCARC_TEST_OTHER_KINDS.
#pragma once

#include <boost/describe.hpp>

#include <ipcarc/ipcarc.hpp>

namespace ipcarc::test {

/// Trivially copyable in the test, not in the other program.
struct Reading {
  Reading() = default;
#if defined(IPCARC_TEST_OTHER_KINDS)
  Reading(const Reading& other) : low(other.low), high(other.high) {}
  Reading& operator=(const Reading& other) = default;
#endif
  int low = 1;
  int high = 2;
  BOOST_DESCRIBE_CLASS(Reading, (), (low, high), (), ())
};

/// A sync type in the other program only.
struct Tally {
  int done = 3;
  int total = 4;
};

/// The same in both, though what it is made of is not.
struct Readings {
  ipcarc::vector<Reading> all = ipcarc::vector<Reading>(1);
  Tally tally;
};

}  // namespace ipcarc::test

#if defined(IPCARC_TEST_OTHER_KINDS)
template <>
inline constexpr bool ipcarc::is_sync<ipcarc::test::Tally> = true;
#endif
