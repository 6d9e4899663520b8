// The allocator of the node-based containers, and the rule of where a container belongs.
//
// A container belongs to the arena whose memory it lies in: its constructors ask `home_of(this)`,
// and no other way leads to an allocator. It never propagates, on copy, move or swap.
//
// Stored bytes (8): a boost::interprocess::offset_ptr to the arena, null (distance 1) for the
// process's own heap.
#pragma once

#include <cstddef>
#include <limits>
#include <new>
#include <type_traits>

#include <boost/interprocess/offset_ptr.hpp>

#include <ipcarc/containers/detail/self_relative.hpp>
#include <ipcarc/detail/arena.hpp>

namespace ipcarc::detail {

/// Memory of one arena, or of the process's heap. Equal allocators can free each other's memory.
template <class T>
class allocator {
 public:
  using value_type = T;
  using pointer = boost::interprocess::offset_ptr<T>;
  using const_pointer = boost::interprocess::offset_ptr<const T>;
  using void_pointer = boost::interprocess::offset_ptr<void>;
  using const_void_pointer = boost::interprocess::offset_ptr<const void>;
  using size_type = std::size_t;
  using difference_type = std::ptrdiff_t;
  using propagate_on_container_copy_assignment = std::false_type;
  using propagate_on_container_move_assignment = std::false_type;
  using propagate_on_container_swap = std::false_type;
  using is_always_equal = std::false_type;
  template <class U>
  struct rebind {
    using other = allocator<U>;
  };

  explicit allocator(Arena* arena) noexcept : arena_(arena) {}
  template <class U>
  allocator(const allocator<U>& other) noexcept : arena_(other.arena()) {}
  allocator(const allocator&) noexcept = default;
  allocator& operator=(const allocator&) noexcept = default;

  /// Throws what arena_allocate throws, and std::bad_array_new_length.
  [[nodiscard]] pointer allocate(size_type count) {
    if (count > max_size()) {
      throw std::bad_array_new_length();
    }
    return pointer(static_cast<T*>(arena_allocate(arena(), count * sizeof(T), alignof(T))));
  }
  void deallocate(const pointer& memory, size_type count) noexcept {
    arena_deallocate(arena(), memory.get(), count * sizeof(T), alignof(T));
  }
  [[nodiscard]] size_type max_size() const noexcept {
    return static_cast<size_type>(std::numeric_limits<difference_type>::max()) / sizeof(T);
  }
  [[nodiscard]] Arena* arena() const noexcept { return arena_.get(); }

  template <class U>
  friend bool operator==(const allocator& left, const allocator<U>& right) noexcept {
    return left.arena() == right.arena();
  }

 private:
  boost::interprocess::offset_ptr<Arena> arena_;
};

/// The allocator for a container at this address, which need not be constructed yet.
template <class T>
[[gnu::always_inline]] inline allocator<T> home_of(const void* container) noexcept {
  // Only the address matters; without this and inlining, g++ warns that the bytes there are not
  // initialised.
  asm("" : "+r"(container));
  return allocator<T>(arena_of(container));
}

static_assert(sizeof(allocator<int>) == 8);

}  // namespace ipcarc::detail
