// Finds pointers that lead out of where they may: out of a segment, from one arena into another, or
// from private memory into a segment.
//
// Two ways. `Walk` follows the types: each container must remember, or find by its address, the
// arena that it lies in, and each block and element must lie there too. `scan` trusts no type: it
// looks at every aligned word of some memory as an absolute address and as a distance from itself.
// Numbers that look like either are false alarms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include <ipcarc/containers.hpp>
#include <ipcarc/detail/arena.hpp>

namespace ipcarc::test {

/// Bytes of this process's address space.
struct Range {
  const std::byte* base = nullptr;
  std::size_t bytes = 0;

  [[nodiscard]] bool contains(const void* address) const noexcept {
    return reinterpret_cast<std::uintptr_t>(address) - reinterpret_cast<std::uintptr_t>(base) <
           bytes;
  }
};

/// Something that leads where it must not.
struct Escape {
  const void* where;
  std::string what;
};

/// What everything readable of this process's memory is, but for the given ranges and reservations
/// of more than 64 GiB (a sanitizer's shadow): stacks, heaps, libraries, other files.
std::vector<Range> process_memory_except(const std::vector<Range>& excluded);

/// The words of `memory` that are addresses in `memory_is_at` or `forbidden`, or distances into
/// `forbidden`. `memory_is_at`: where `memory`'s segment is mapped (an absolute address of it is an
/// escape too); empty for private memory. `smallest_distance`: words that are smaller, of either
/// sign, are taken for numbers.
std::vector<Escape> scan(Range memory, Range memory_is_at, const std::vector<Range>& forbidden,
                         std::int64_t smallest_distance = 4096);

/// One line for each, for a test's message.
std::string described(const std::vector<Escape>& escapes);

/// Follows an object's types through all that it holds. A plain struct is followed if
/// `walk_members(visit, object)` is found by its argument and calls `visit` with each member.
class Walk {
 public:
  /// Everything must lie in `home`: an arena, or null for the process's heap.
  explicit Walk(const detail::Arena* home) : home_(home) {}

  template <class T>
  Walk& operator()(const T& object) {
    at_home(&object, "an element");
    follow(object);
    return *this;
  }
  [[nodiscard]] const std::vector<Escape>& escapes() const noexcept { return escapes_; }

 private:
  void at_home(const void* address, const char* what) {
    if (detail::arena_of(address) != home_) {
      escapes_.push_back(
          {address, std::string(what) + " lies in another arena than its container"});
    }
  }

  template <class T>
  void follow(const T& object) {
    if constexpr (std::is_arithmetic_v<T> || std::is_enum_v<T>) {
      return;
    } else if constexpr (requires { walk_members(*this, object); }) {
      walk_members(*this, object);
    } else {
      follow_known(object);
    }
  }

  template <class C>
  void follow_known(const C& container) {
    if constexpr (requires { detail::access::storage_arena(container); }) {
      if (detail::access::storage_arena(container) != home_) {
        escapes_.push_back({&container, "a container remembers another arena than it lies in"});
      }
    }
    if constexpr (requires {
                    detail::access::storage_blocks(container, [](const void*, std::size_t) {});
                  }) {
      detail::access::storage_blocks(container, [&](const void* block, std::size_t bytes) {
        at_home(block, "a block");
        at_home(static_cast<const std::byte*>(block) + bytes - 1, "the end of a block");
      });
    }
    if constexpr (!std::is_same_v<C, string>) {
      for (const auto& element : container) {
        (*this)(element);
      }
    }
  }
  template <class A, class B>
  void follow_known(const std::pair<A, B>& pair) {
    (*this)(pair.first)(pair.second);
  }
  template <class... T>
  void follow_known(const std::tuple<T...>& tuple) {
    std::apply([&](const auto&... member) { ((*this)(member), ...); }, tuple);
  }
  template <class T>
  void follow_known(const std::optional<T>& optional) {
    if (optional) {
      (*this)(*optional);
    }
  }
  template <class... T>
  void follow_known(const std::variant<T...>& variant) {
    if (!variant.valueless_by_exception()) {
      std::visit([&](const auto& held) { (*this)(held); }, variant);
    }
  }

  const detail::Arena* home_;
  std::vector<Escape> escapes_;
};

}  // namespace ipcarc::test
