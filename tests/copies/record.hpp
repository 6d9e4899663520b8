// The object that copies of the library hand to one another.
#pragma once

#include "ipcarc/ipcarc.hpp"

namespace ipcarc::test {

struct Record {
  ipcarc::vector<ipcarc::string> texts;
  ipcarc::map<ipcarc::string, int> counts;

  void fill(int times) {
    for (int i = 0; i < times; ++i) {
      texts.push_back("a text that is too long to lie in the string itself, number " +
                      std::to_string(i));
      ++counts["a key that is too long to lie in the string itself, number " +
               std::to_string(i % 7)];
    }
  }
  bool holds(int times) const {
    int sum = 0;
    for (const auto& [key, count] : counts) {
      sum += count;
    }
    return sum == times && texts.size() == static_cast<std::size_t>(times);
  }
};

}  // namespace ipcarc::test
