// Memory for the lower bounds: shared, in pages of 4 KiB as a mapped file has them by itself, or gathered in huge ones, which is the kind that
// large segments lie in.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <new>
#include <utility>

namespace ipcarc::bench {

enum class PagesOf { small, huge };

/// `count` zeroed objects of an implicit-lifetime type, shared with processes forked later.
template <class T>
class SharedArray {
 public:
  /// Huge pages: where the kernel makes none, small ones.
  explicit SharedArray(std::size_t count, PagesOf pages = PagesOf::small) : count_(count) {
    constexpr std::size_t huge = std::size_t{2} << 20;
    bytes_ = (count * sizeof(T) + huge - 1) / huge * huge + huge;
    memory_ = ::mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                     MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory_ == MAP_FAILED) {
      throw std::bad_alloc();
    }
    const std::size_t aside = huge - reinterpret_cast<std::uintptr_t>(memory_) % huge;
    items_ = reinterpret_cast<T*>(static_cast<std::byte*>(memory_) + aside);
    if (pages == PagesOf::huge) {
      constexpr int madv_collapse = 25;
      const std::size_t whole = count * sizeof(T) / huge * huge;
      std::memset(static_cast<void*>(items_), 0, whole);  // what has no page is not gathered
      ::madvise(items_, whole, madv_collapse);
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
