// What the registries of the scenarios contain: objects that tell by themselves whether they are whole.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>

#include "ipcarc/ipcarc.hpp"
#include "ipcarc/serialization.hpp"
#include "lines.hpp"

namespace ipcarc::kill {

/// Trivially copyable: two slots.
struct Plain {
  std::uint64_t words[6];
  std::uint64_t sum;
};
Plain plain(std::uint64_t seed);
bool whole(const Plain& value);

/// Containers in containers: an arena of several chunks.
struct Nested {
  ipcarc::string title;
  ipcarc::vector<ipcarc::string> lines;
  ipcarc::map<ipcarc::string, int> index;
  std::uint64_t sum = 0;
};
Nested nested(std::uint64_t seed);
/// Changes what `nested(from)` made to what `nested(to)` makes, in place.
void fill(Nested& value, std::uint64_t seed);
bool whole(const Nested& value);

/// More than half a page: a run of pages.
struct Large {
  std::uint64_t words[1500];
  std::uint64_t sum;
};
/// Made once a process; for copying.
const Large& large(std::uint64_t seed);
bool whole(const Large& value);

/// Not relocatable: stored encoded.
struct Carried {
  std::map<std::string, std::string> lines;
  std::uint64_t sum = 0;
};
Carried carried(std::uint64_t seed);
bool whole(const Carried& value);

enum class Kind : std::uint8_t {
  plain,
  number,  // int
  counter,
  nested,
  large,
  carried,
  frozen_plain,
  frozen_nested,
  frozen_large,
};

struct Item {
  std::string name;
  Kind kind;
  std::uint64_t seed = 1;  // what mend() makes of it
};

/// Has this process, and all that it forks, know the layouts of the types above: a victim's steps are for what others can see.
void warm_up();

/// What can be said of an object that this process holds: "poisoned", "TORN ...", or its contents. Frozen: without a lock.
template <class T>
std::string describe(const IpcArc<T>& arc);

/// What is bound to the item's name, or "absent". Blocks on locks.
std::string look(Registry& registry, const Item& item);
/// Gives a poisoned object the value of its item. True if it was poisoned. `recover`: by recover() first.
bool mend(Registry& registry, const Item& item, bool recover);
/// Creates or publishes the item, pinned.
void make(Registry& registry, const Item& item);

}  // namespace ipcarc::kill
