// Links: a member of a shared object that refers to another object of the same registry, without holding it.
//
// A link is an ordinary value of 16 bytes, trivially copyable and relocatable: the entry's index and generation, and which registry's. So it
// may lie in a segment, on the stack, or in a copy that load() gives, and finds its registry from each among those that this process has open.
//
// Thread safety: as of an int. Process safety: lock() as IpcWeak::lock(). A kill inside leaves nothing.
#pragma once

#include <cstdint>
#include <string>
#include <type_traits>

#include "ipcarc/arc.hpp"

namespace ipcarc {

/// Refers to an object of the same registry, weakly: the object goes when its holders do, whoever links to it, and the link then gives
/// nothing, also when another object has its name since. `T` is const for a frozen object; it may be incomplete where the link is declared,
/// so that a type can link to its own kind.
template <class T>
class Link {
 public:
  using element_type = T;  ///< as std::weak_ptr's

  /// A link to nothing.
  Link() noexcept = default;
  /// To what `arc` holds; to nothing if that is empty. Throws std::errc::invalid_argument if the link lies in another registry's segment.
  Link(const IpcArc<T>& arc)  // implicit, as std::weak_ptr
      : words_(detail::link_to(arc.handle_, this)) {}
  /// The same; the link is unchanged if it throws.
  Link& operator=(const IpcArc<T>& arc) {
    words_ = detail::link_to(arc.handle_, this);
    return *this;
  }
  Link(const Link&) noexcept = default;
  Link& operator=(const Link&) noexcept = default;
  ~Link() = default;

  /// Whether it was made from an object; that may be gone.
  explicit operator bool() const noexcept { return words_.index_plus_1 != 0; }
  /// To nothing.
  void reset() noexcept { words_ = {}; }

  /// The object, or an empty handle once it is gone. The registry is found among those that this process has open: none of them is the
  /// link's own -> std::errc::invalid_argument, as when the link lies in another registry's segment than it was made for. Throws
  /// type_mismatch and wrong_mode if the object is of another type or mode, as a link stored by a program of another version can say.
  /// Takes no lock of the object; one of the process.
  IpcArc<T> lock() const {
    return *this ? IpcArc<T>(detail::follow_link(words_, this, detail::type_key<T>()))
                 : IpcArc<T>();
  }

  /// Of the same object of the same registry, be it there or gone.
  friend bool operator==(const Link&, const Link&) noexcept = default;

 private:
  detail::LinkWords words_;
};

}  // namespace ipcarc

namespace ipcarc::detail {

template <class T>
struct known_template<Link<T>> {
  static constexpr bool value = true;
  static constexpr std::string_view tag = "ipcarc::Link";
  // Its name alone: what it refers to is compared when it is followed, and may contain the link.
  using arguments = type_list<NameOnly<T>>;
  static constexpr bool allocates = false;
  static constexpr bool relocatable = true;
};

static_assert(sizeof(Link<int>) == 16 && std::is_trivially_copyable_v<Link<int>>);

}  // namespace ipcarc::detail
