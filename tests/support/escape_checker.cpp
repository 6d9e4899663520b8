#include "support/escape_checker.hpp"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace ipcarc::test {
namespace {

// Ranges by address, so that a word is looked up in a few steps.
class Ranges {
 public:
  explicit Ranges(std::vector<Range> ranges) : ranges_(std::move(ranges)) {
    std::erase_if(ranges_, [](const Range& range) { return range.bytes == 0; });
    std::sort(ranges_.begin(), ranges_.end(),
              [](const Range& left, const Range& right) { return left.base < right.base; });
  }
  bool contain(std::uintptr_t address) const {
    const auto after = std::upper_bound(
        ranges_.begin(), ranges_.end(), address, [](std::uintptr_t value, const Range& range) {
          return value < reinterpret_cast<std::uintptr_t>(range.base);
        });
    return after != ranges_.begin() &&
           std::prev(after)->contains(reinterpret_cast<const void*>(address));
  }

 private:
  std::vector<Range> ranges_;
};

// The parts of `range` that none of `holes` covers.
std::vector<Range> without(Range range, const std::vector<Range>& holes) {
  std::vector<Range> parts{range};
  for (const Range& hole : holes) {
    std::vector<Range> rest;
    for (const Range& part : parts) {
      const std::byte* const end = part.base + part.bytes;
      const std::byte* const hole_end = hole.base + hole.bytes;
      if (hole.bytes == 0 || hole_end <= part.base || end <= hole.base) {
        rest.push_back(part);
        continue;
      }
      if (part.base < hole.base) {
        rest.push_back({part.base, static_cast<std::size_t>(hole.base - part.base)});
      }
      if (hole_end < end) {
        rest.push_back({hole_end, static_cast<std::size_t>(end - hole_end)});
      }
    }
    parts = std::move(rest);
  }
  return parts;
}

}  // namespace

std::vector<Range> process_memory_except(const std::vector<Range>& excluded) {
  constexpr std::size_t largest = std::size_t{64} << 30;
  std::vector<Range> found;
  std::ifstream maps("/proc/self/maps");
  std::string line;
  while (std::getline(maps, line)) {
    std::uintptr_t first = 0;
    std::uintptr_t last = 0;
    char readable = '-';
    if (std::sscanf(line.c_str(), "%lx-%lx %c", &first, &last, &readable) != 3 || readable != 'r' ||
        last - first > largest) {
      continue;
    }
    const Range range{reinterpret_cast<const std::byte*>(first), last - first};
    const std::vector<Range> parts = without(range, excluded);
    found.insert(found.end(), parts.begin(), parts.end());
  }
  return found;
}

#if defined(__clang__) || defined(__GNUC__)
// It reads memory that is allocated to no one, which AddressSanitizer would report.
__attribute__((no_sanitize("address")))
#endif
std::vector<Escape>
scan(Range memory, Range memory_is_at, const std::vector<Range>& forbidden,
     std::int64_t smallest_distance) {
  const Ranges outside(forbidden);
  std::vector<Escape> found;
  const auto start = (reinterpret_cast<std::uintptr_t>(memory.base) + 7) / 8 * 8;
  const auto end = reinterpret_cast<std::uintptr_t>(memory.base) + memory.bytes;
  for (std::uintptr_t at = start; at + 8 <= end; at += 8) {
    const auto word = *reinterpret_cast<const volatile std::uint64_t*>(at);
    const auto distance = static_cast<std::int64_t>(word);
    if (distance > -smallest_distance && distance < smallest_distance) {
      continue;
    }
    const void* const where = reinterpret_cast<const void*>(at);
    if (memory_is_at.contains(reinterpret_cast<const void*>(word))) {
      found.push_back({where, "an absolute address of its own segment"});
    } else if (outside.contain(word)) {
      found.push_back({where, "an absolute address outside"});
    } else if (outside.contain(at + word)) {
      found.push_back({where, "a distance to outside"});
    }
  }
  return found;
}

std::string described(const std::vector<Escape>& escapes) {
  std::string text;
  for (std::size_t i = 0; i != std::min<std::size_t>(escapes.size(), 10); ++i) {
    char line[160];
    std::uint64_t word = 0;
    std::memcpy(&word,
                reinterpret_cast<const void*>(reinterpret_cast<std::uintptr_t>(escapes[i].where) &
                                              ~std::uintptr_t{7}),
                8);
    std::snprintf(line, sizeof(line), "%p: %s (word %#lx)\n", escapes[i].where,
                  escapes[i].what.c_str(), word);
    text += line;
  }
  return text + std::to_string(escapes.size()) + " escapes";
}

}  // namespace ipcarc::test
