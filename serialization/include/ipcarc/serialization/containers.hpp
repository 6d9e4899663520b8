// The containers of ipcarc in any cereal archive, binary or text, encoded as their counterparts of std are: what the one wrote the other
// reads. So an object in a segment can leave the machine: `archive(*config.read())`.
//
// The maps need nothing here: what cereal has for std's fits. A container in a segment grows in its arena while it is loaded; use
// IpcArc::update, or load into a value of one's own and store that. Lengths come from the input, so input that is not trusted may ask for
// much memory at once; the archives of an encoded object check them.
//
// Thread safety: as of the container and the archive.
#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <type_traits>
#include <utility>

#include <cereal/cereal.hpp>
#include <cereal/types/concepts/pair_associative_container.hpp>
#include <cereal/types/string.hpp>
#include <cereal/types/utility.hpp>

#include "ipcarc/containers.hpp"

namespace ipcarc::detail {

/// Scalars that the archive takes as one piece of memory.
template <class Archive, class T>
inline constexpr bool saved_as_bytes = std::is_arithmetic_v<T>&&
    cereal::traits::is_output_serializable<cereal::BinaryData<T>, Archive>::value;
template <class Archive, class T>
inline constexpr bool loaded_as_bytes =
    std::is_arithmetic_v<T> && !std::is_same_v<T, bool> &&
    cereal::traits::is_input_serializable<cereal::BinaryData<T>, Archive>::value;

template <class Archive, class C>
void save_elements(Archive& archive, const C& container) {
  archive(cereal::make_size_tag(static_cast<cereal::size_type>(container.size())));
  for (const auto& element : container) {
    archive(element);
  }
}
template <class Archive>
cereal::size_type load_count(Archive& archive) {
  cereal::size_type count = 0;
  archive(cereal::make_size_tag(count));
  return count;
}
template <class Archive, class C>
void load_sequence(Archive& archive, C& container) {
  container.clear();
  for (cereal::size_type left = load_count(archive); left > 0; --left) {
    archive(container.emplace_back());
  }
}
template <class Archive, class C>
void load_set(Archive& archive, C& container) {
  container.clear();
  for (cereal::size_type left = load_count(archive); left > 0; --left) {
    typename C::key_type key{};
    archive(key);
    container.emplace_hint(container.end(), std::move(key));
  }
}
template <class Archive, class C>
void save_contiguous(Archive& archive, const C& container) {
  using T = typename C::value_type;
  if constexpr (saved_as_bytes<Archive, T>) {
    archive(cereal::make_size_tag(static_cast<cereal::size_type>(container.size())));
    archive(cereal::binary_data(container.data(), container.size() * sizeof(T)));
  } else {
    save_elements(archive, container);
  }
}
template <class Archive, class C>
void load_contiguous(Archive& archive, C& container) {
  using T = typename C::value_type;
  if constexpr (loaded_as_bytes<Archive, T>) {
    const auto count = static_cast<std::size_t>(load_count(archive));
    if constexpr (requires { archive.require(count); }) {
      archive.require(count * sizeof(T));
    }
    container.resize(count);
    archive(cereal::binary_data(container.data(), count * sizeof(T)));
  } else {
    load_sequence(archive, container);
  }
}

}  // namespace ipcarc::detail

namespace cereal {

/// As a std::string.
template <class Archive, std::same_as<ipcarc::string> Text>  // what converts to one is not meant
std::string save_minimal(const Archive&, const Text& text) {
  return std::string(text.data(), text.size());
}
/// From a std::string.
template <class Archive>
void load_minimal(const Archive&, ipcarc::string& text, const std::string& value) {
  text.assign(value.data(), value.size());
}

/// As std::vector.
template <class Archive, class T>
void save(Archive& archive, const ipcarc::vector<T>& from) {
  ipcarc::detail::save_contiguous(archive, from);
}
/// As std::vector.
template <class Archive, class T>
void load(Archive& archive, ipcarc::vector<T>& to) {
  ipcarc::detail::load_contiguous(archive, to);
}
/// As std::vector.
template <class Archive, class T, std::size_t N>
void save(Archive& archive, const ipcarc::small_vector<T, N>& from) {
  ipcarc::detail::save_contiguous(archive, from);
}
/// As std::vector.
template <class Archive, class T, std::size_t N>
void load(Archive& archive, ipcarc::small_vector<T, N>& to) {
  ipcarc::detail::load_contiguous(archive, to);
}
/// As std::vector.
template <class Archive, class T, std::size_t N>
void save(Archive& archive, const ipcarc::static_vector<T, N>& from) {
  ipcarc::detail::save_contiguous(archive, from);
}
/// As std::vector. Throws std::length_error if there are more than N.
template <class Archive, class T, std::size_t N>
void load(Archive& archive, ipcarc::static_vector<T, N>& to) {
  ipcarc::detail::load_contiguous(archive, to);
}
/// As std::vector.
template <class Archive, class T>
void save(Archive& archive, const ipcarc::stable_vector<T>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::vector.
template <class Archive, class T>
void load(Archive& archive, ipcarc::stable_vector<T>& to) {
  ipcarc::detail::load_sequence(archive, to);
}
/// As std::deque.
template <class Archive, class T>
void save(Archive& archive, const ipcarc::deque<T>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::deque.
template <class Archive, class T>
void load(Archive& archive, ipcarc::deque<T>& to) {
  ipcarc::detail::load_sequence(archive, to);
}
/// As std::list.
template <class Archive, class T>
void save(Archive& archive, const ipcarc::list<T>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::list.
template <class Archive, class T>
void load(Archive& archive, ipcarc::list<T>& to) {
  ipcarc::detail::load_sequence(archive, to);
}
/// As std::set.
template <class Archive, class Key, class Compare>
void save(Archive& archive, const ipcarc::set<Key, Compare>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::set.
template <class Archive, class Key, class Compare>
void load(Archive& archive, ipcarc::set<Key, Compare>& to) {
  ipcarc::detail::load_set(archive, to);
}
/// As std::set.
template <class Archive, class Key, class Compare>
void save(Archive& archive, const ipcarc::flat_set<Key, Compare>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::set.
template <class Archive, class Key, class Compare>
void load(Archive& archive, ipcarc::flat_set<Key, Compare>& to) {
  ipcarc::detail::load_set(archive, to);
}
/// As std::unordered_set.
template <class Archive, class Key, class Hash, class Equal>
void save(Archive& archive, const ipcarc::unordered_set<Key, Hash, Equal>& from) {
  ipcarc::detail::save_elements(archive, from);
}
/// As std::unordered_set.
template <class Archive, class Key, class Hash, class Equal>
void load(Archive& archive, ipcarc::unordered_set<Key, Hash, Equal>& to) {
  ipcarc::detail::load_set(archive, to);
}

}  // namespace cereal
