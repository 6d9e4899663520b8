// The standard sequences out of a BlobReader: grown element by element, where cereal resizes to a count from the input. And std::shared_ptr,
// which is refused: cereal finds an object by a number in the input, without knowing its type.
#pragma once

#include <concepts>
#include <cstddef>
#include <deque>
#include <forward_list>
#include <list>
#include <map>
#include <memory>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "ipcarc/serialization/detail/archive.hpp"

namespace ipcarc::detail {

template <class Container>
void load_growing(BlobReader& archive, Container& to) {
  to.clear();
  for (std::uint64_t left = archive.take_count(); left > 0; --left) {
    archive(to.emplace_back());
  }
}

// Each has the parameters of cereal's own and a constraint more, so it is preferred to it, and a user's for his element to both.
template <class A, class T, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::vector<T, Allocator>& to) {
  if constexpr (std::is_same_v<T, bool>) {
    to.clear();
    for (std::uint64_t left = archive.take_count(); left > 0; --left) {
      bool value = false;
      archive(value);
      to.push_back(value);
    }
  } else if constexpr (std::is_arithmetic_v<T>) {
    const std::uint64_t count = archive.take_count();
    archive.require(count * sizeof(T));  // the count is small
    to.resize(count);
    archive.take(to.data(), count * sizeof(T));
  } else {
    load_growing(archive, to);
  }
}
template <class A, class T, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::deque<T, Allocator>& to) {
  load_growing(archive, to);
}
template <class A, class T, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::list<T, Allocator>& to) {
  load_growing(archive, to);
}
template <class A, class T, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::forward_list<T, Allocator>& to) {
  to.clear();
  auto last = to.before_begin();
  for (std::uint64_t left = archive.take_count(); left > 0; --left) {
    last = to.emplace_after(last);
    archive(*last);
  }
}

// cereal's own turns equal keys round at each decoding: it inserts each before the last.
template <class A, class T, class C, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::multiset<T, C, Allocator>& to) {
  to.clear();
  for (std::uint64_t left = archive.take_count(); left > 0; --left) {
    T key{};
    archive(key);
    to.emplace_hint(to.end(), std::move(key));
  }
}
template <class A, class K, class T, class C, class Allocator>
requires std::same_as<A, BlobReader>
void load(A& archive, std::multimap<K, T, C, Allocator>& to) {
  to.clear();
  for (std::uint64_t left = archive.take_count(); left > 0; --left) {
    K key{};
    T value{};
    archive(cereal::make_map_item(key, value));
    to.emplace_hint(to.end(), std::move(key), std::move(value));
  }
}

template <class A, class T>
requires blob_archive<A>
void save(A&, const std::shared_ptr<T>&) = delete;
template <class A, class T>
requires blob_archive<A>
void load(A&, std::shared_ptr<T>&) = delete;
template <class A, class T>
requires blob_archive<A>
void save(A&, const std::weak_ptr<T>&) = delete;
template <class A, class T>
requires blob_archive<A>
void load(A&, std::weak_ptr<T>&) = delete;

}  // namespace ipcarc::detail
