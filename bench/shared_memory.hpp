// Memory for the lower bounds: shared, and in pages of the kind that large segments lie in, so that they cost both sides the same; or of 4 KiB, as a
// mapped file has them by itself.
#pragma once

#include <sys/mman.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace ipcarc::bench {

enum class PagesOf { four_kib, segments };

/// `count` zeroed objects of an implicit-lifetime type, shared with processes forked later.
template <class T>
class SharedArray {
 public:
  /// Where the kernel makes no huge pages, segments have small ones too.
  explicit SharedArray(std::size_t count, PagesOf pages = PagesOf::four_kib) : count_(count) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    bytes_ = (count * sizeof(T) + huge - 1) / huge * huge + huge;
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) {
      throw std::bad_alloc();
    }
    const std::size_t aside = huge - reinterpret_cast<std::uintptr_t>(memory_) % huge;
    items_ = reinterpret_cast<T*>(static_cast<std::byte*>(memory_) + aside);
    if (pages == PagesOf::segments) {
      constexpr int madv_collapse = 25;
      const std::size_t whole = bytes_ - huge;
      std::memset(static_cast<void*>(items_), 0, whole);  // what has no page is not gathered
      int tries = 3;
      while (::madvise(items_, whole, madv_collapse) != 0 && errno == EAGAIN && --tries > 0) {
      }
    }
  }
  ~SharedArray() { ::munmap(memory_, bytes_); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;

  T& operator[](std::size_t i) const { return items_[i]; }
  T* data() const { return items_; }
  std::size_t size() const { return count_; }

 private:
  void* memory_;
  std::size_t bytes_;
  T* items_;
  std::size_t count_;
};

}  // namespace ipcarc::bench
