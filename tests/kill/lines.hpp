// What a process of the stepper tells the one that started it: lines of "key=value" in memory shared by fork, which stay
// readable whatever the writer died of.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>

namespace ipcarc::kill {

class Lines {
 public:
  Lines();
  ~Lines();
  Lines(const Lines&) = delete;
  Lines& operator=(const Lines&) = delete;

  void clear();
  void add(std::string_view key, std::string_view value);
  void add(std::string_view key, std::uint64_t value) { add(key, std::to_string(value)); }
  /// A fault: kept under a key of its own.
  void fault(std::string_view text);
  std::map<std::string, std::string> read() const;

 private:
  struct Buffer {
    std::size_t used;
    std::size_t faults;
    char text[(1U << 16) - 2 * sizeof(std::size_t)];
  };
  Buffer* buffer_;
};

}  // namespace ipcarc::kill
