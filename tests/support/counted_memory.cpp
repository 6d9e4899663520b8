#include "support/counted_memory.hpp"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace {

std::size_t bytes_in_use = 0;
std::size_t most_bytes_in_use = 0;

constexpr std::size_t head = alignof(std::max_align_t);

}  // namespace

void* operator new(std::size_t bytes) {
  auto* const room = static_cast<std::size_t*>(std::malloc(bytes + head));
  if (room == nullptr) {
    throw std::bad_alloc();
  }
  *room = bytes;
  bytes_in_use += bytes;
  most_bytes_in_use = std::max(most_bytes_in_use, bytes_in_use);
  return reinterpret_cast<std::byte*>(room) + head;
}
void operator delete(void* memory) noexcept {
  if (memory != nullptr) {
    auto* const room = reinterpret_cast<std::size_t*>(static_cast<std::byte*>(memory) - head);
    bytes_in_use -= *room;
    std::free(room);
  }
}
void operator delete(void* memory, std::size_t) noexcept {
  operator delete(memory);
}
// By these, as the standard says; a sanitizer's own would take them elsewhere.
void* operator new[](std::size_t bytes) {
  return operator new(bytes);
}
void* operator new(std::size_t bytes, const std::nothrow_t&) noexcept {
  try {
    return operator new(bytes);
  } catch (const std::bad_alloc&) {
    return nullptr;
  }
}
void* operator new[](std::size_t bytes, const std::nothrow_t& nothrow) noexcept {
  return operator new(bytes, nothrow);
}
void operator delete[](void* memory) noexcept {
  operator delete(memory);
}
void operator delete[](void* memory, std::size_t) noexcept {
  operator delete(memory);
}

namespace ipcarc::test {

MemoryMeter::MemoryMeter() : before_(bytes_in_use) {
  most_bytes_in_use = bytes_in_use;
}
std::size_t MemoryMeter::most_bytes() const {
  return most_bytes_in_use - before_;
}

}  // namespace ipcarc::test
