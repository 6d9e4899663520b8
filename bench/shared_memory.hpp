// Memory for the lower bounds, of the kind that the segments lie in (shared, 4 KiB pages), so that the pages cost both sides the same.
#pragma once

#include <sys/mman.h>

#include <cstddef>
#include <memory>
#include <new>
#include <utility>

namespace ipcarc::bench {

/// `count` zeroed objects of an implicit-lifetime type, shared with processes forked later.
template <class T>
class SharedArray {
 public:
  explicit SharedArray(std::size_t count) : count_(count) {
    void* memory = ::mmap(nullptr, count * sizeof(T), PROT_READ | PROT_WRITE,
                          MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) {
      throw std::bad_alloc();
    }
    items_ = static_cast<T*>(memory);
  }
  ~SharedArray() { ::munmap(items_, count_ * sizeof(T)); }
  SharedArray(const SharedArray&) = delete;
  SharedArray& operator=(const SharedArray&) = delete;

  T& operator[](std::size_t i) const { return items_[i]; }
  T* data() const { return items_; }
  std::size_t size() const { return count_; }

 private:
  T* items_;
  std::size_t count_;
};

}  // namespace ipcarc::bench
