// The names of the lookups: `count` of them, asked for in a random order that goes round.
//
// They lie in the order in which they are asked for, 32 bytes each, so that reading the question costs next to nothing. Each question
// waits for the last answer, as it does in a program that uses what it finds: else the processor works at several at
// once, and what is measured is how short a lookup's code is, not how long it takes.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <numeric>
#include <random>
#include <string>
#include <string_view>
#include <vector>

namespace ipcarc::bench {

inline std::string object_name(std::uint32_t number, const char* kind = "state") {
  char text[32];
  std::snprintf(text, sizeof text, "service/%07u/%s", number, kind);
  return text;
}

/// With blanks between the thousands.
inline std::string counted(std::uint64_t count) {
  std::string text = std::to_string(count);
  for (std::size_t at = text.size(); at > 3;) {
    text.insert(at -= 3, " ");
  }
  return text;
}

class Names {
 public:
  explicit Names(std::uint32_t count, const char* kind = "state") : records_(count) {
    std::vector<std::uint32_t> order(count);
    std::iota(order.begin(), order.end(), 0U);
    std::shuffle(order.begin(), order.end(), std::mt19937(42));
    for (std::uint32_t i = 0; i < count; ++i) {
      const std::string name = object_name(order[i], kind);
      records_[i].bytes = static_cast<unsigned char>(name.size());
      std::copy(name.begin(), name.end(), records_[i].text);
    }
  }

  /// Zero-terminated.
  std::string_view next() noexcept {
    const Record& record = records_[at_ + last_answer_];
    at_ = at_ + 1 == records_.size() ? 0 : at_ + 1;
    return {record.text, record.bytes};
  }
  /// What the next question waits for.
  void answer(std::uint64_t value) noexcept { last_answer_ = value & zero_; }
  void answer(const volatile void* address) noexcept {
    answer(reinterpret_cast<std::uintptr_t>(address));
  }

 private:
  struct Record {
    unsigned char bytes = 0;
    char text[31] = {};
  };

  std::vector<Record> records_;
  std::size_t at_ = 0;
  std::size_t last_answer_ = 0;  // always 0, but only the answer tells
  std::size_t zero_ = opaque_zero();

  static std::size_t opaque_zero() {
    std::size_t zero = 0;
    asm volatile("" : "+r"(zero));
    return zero;
  }
};

}  // namespace ipcarc::bench
