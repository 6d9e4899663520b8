#include "content.hpp"

#include <map>
#include <stdexcept>
#include <tuple>

namespace ipcarc::kill {
namespace {

std::uint64_t mix(std::uint64_t value) {
  value = (value ^ (value >> 31)) * 0x9E3779B97F4A7C15ULL;
  return value ^ (value >> 29);
}

std::uint64_t digest(std::uint64_t seed, std::string_view text) {
  for (const char c : text) {
    seed = mix(seed + static_cast<unsigned char>(c));
  }
  return mix(seed + text.size());
}

std::uint64_t sum_of(const Nested& value) {
  std::uint64_t sum = digest(1, value.title);
  for (const auto& line : value.lines) {
    sum = digest(sum, line);
  }
  for (const auto& [key, number] : value.index) {
    sum = digest(sum + static_cast<std::uint64_t>(number), key);
  }
  return sum;
}

std::uint64_t sum_of(const Carried& value) {
  std::uint64_t sum = 1;
  for (const auto& [key, line] : value.lines) {
    sum = digest(digest(sum, key), line);
  }
  return sum;
}

template <std::size_t N>
std::uint64_t sum_of(const std::uint64_t (&words)[N]) {
  std::uint64_t sum = 1;
  for (const std::uint64_t word : words) {
    sum = mix(sum + word);
  }
  return sum;
}

std::string contents(int value) {
  return std::to_string(value);
}

template <class T>
std::string contents(const T& value) {
  return whole(value) ? "sum " + std::to_string(value.sum) : "TORN";
}

template <class T>
std::string seen(Registry& registry, const std::string& name) {
  const IpcArc<T> arc = registry.find<T>(name);
  return arc ? describe(arc) : "absent";
}

template <class T, class F>
bool mend_as(Registry& registry, const Item& item, bool recover, F&& value) {
  const IpcArc<T> arc = registry.find<T>(item.name);
  if (!arc) {
    return false;
  }
  try {
    const auto guard = arc.read();
    return false;
  } catch (const Error& error) {
    if (error.code() != Errc::poisoned) {
      throw;
    }
  }
  if (recover) {
    arc.recover([](T&) {});
    arc.acquire().release();
  }
  arc.reset(value());
  arc.acquire().release();
  return true;
}

template <class T>
void keep_pinned(const IpcArc<T>& arc) {
  arc.pin();
}

}  // namespace

Plain plain(std::uint64_t seed) {
  Plain value{};
  for (std::uint64_t& word : value.words) {
    word = mix(seed++);
  }
  value.sum = sum_of(value.words);
  return value;
}

bool whole(const Plain& value) {
  return value.sum == sum_of(value.words);
}

void fill(Nested& value, std::uint64_t seed) {
  value.title = "a title that needs memory of its own, number " + std::to_string(seed);
  value.lines.clear();
  value.index.clear();
  for (std::uint64_t i = 0; i < 4 + seed % 3; ++i) {
    const std::string text =
        "line " + std::to_string(mix(seed + i)) + " of some length, enough to leave its place";
    value.lines.push_back(text.c_str());
    value.index.emplace(text.substr(0, 20).c_str(), static_cast<int>(i));
  }
  value.sum = sum_of(value);
}

Nested nested(std::uint64_t seed) {
  Nested value;
  fill(value, seed);
  return value;
}

bool whole(const Nested& value) {
  return value.sum == sum_of(value);
}

const Large& large(std::uint64_t seed) {
  static std::map<std::uint64_t, Large> made;
  const auto [at, fresh] = made.try_emplace(seed);
  if (fresh) {
    std::uint64_t word = seed;
    for (std::uint64_t& each : at->second.words) {
      each = word++;
    }
    at->second.sum = sum_of(at->second.words);
  }
  return at->second;
}

bool whole(const Large& value) {
  return value.sum == sum_of(value.words);
}

Carried carried(std::uint64_t seed) {
  Carried value;
  for (std::uint64_t i = 0; i < 4 + seed % 3; ++i) {
    value.lines["key " + std::to_string(i)] = "line " + std::to_string(mix(seed + i));
  }
  value.sum = sum_of(value);
  return value;
}

bool whole(const Carried& value) {
  return value.sum == sum_of(value);
}

void warm_up() {
  const auto know = []<class... T>(std::tuple<T...>*) {
    (static_cast<void>(detail::type_key<T>().layout()), ...);
  };
  know(static_cast<std::tuple<int, std::atomic<std::uint64_t>, Plain, Nested, Large, Carried,
                              const Plain, const Nested, const Large>*>(nullptr));
}

template <class T>
std::string describe(const IpcArc<T>& arc) {
  if constexpr (std::is_const_v<T>) {
    return contents(*arc);
  } else if constexpr (is_sync<T>) {
    return std::to_string(arc->load());
  } else {
    try {
      if constexpr (std::is_trivially_copyable_v<T>) {
        // Without the lock, which its holder's death has nothing to do with.
        if (const std::string loaded = contents(arc.load()); loaded == "TORN") {
          return "TORN (load)";
        }
      }
      const auto guard = arc.read();
      return contents(*guard) + " v" + std::to_string(arc.version());
    } catch (const Error& error) {
      if (error.code() == Errc::poisoned) {
        return "poisoned";
      }
      return std::string("ERROR ") + error.what();
    }
  }
}

template std::string describe(const IpcArc<int>&);
template std::string describe(const IpcArc<Plain>&);
template std::string describe(const IpcArc<Nested>&);
template std::string describe(const IpcArc<Carried>&);
template std::string describe(const IpcArc<const Plain>&);
template std::string describe(const IpcArc<const Nested>&);
template std::string describe(const IpcArc<const Large>&);

std::string look(Registry& registry, const Item& item) {
  switch (item.kind) {
    case Kind::plain:
      return seen<Plain>(registry, item.name);
    case Kind::number:
      return seen<int>(registry, item.name);
    case Kind::counter:
      return seen<std::atomic<std::uint64_t>>(registry, item.name);
    case Kind::nested:
      return seen<Nested>(registry, item.name);
    case Kind::large:
      return seen<Large>(registry, item.name);
    case Kind::carried:
      return seen<Carried>(registry, item.name);
    case Kind::frozen_plain:
      return seen<const Plain>(registry, item.name);
    case Kind::frozen_nested:
      return seen<const Nested>(registry, item.name);
    case Kind::frozen_large:
      return seen<const Large>(registry, item.name);
  }
  return "ERROR kind";
}

bool mend(Registry& registry, const Item& item, bool recover) {
  switch (item.kind) {
    case Kind::plain:
      return mend_as<Plain>(registry, item, recover, [&] { return plain(item.seed); });
    case Kind::nested:
      return mend_as<Nested>(registry, item, recover, [&] { return nested(item.seed); });
    case Kind::number:
      return mend_as<int>(registry, item, recover, [&] { return static_cast<int>(item.seed); });
    default:
      return false;
  }
}

void make(Registry& registry, const Item& item) {
  switch (item.kind) {
    case Kind::plain:
      keep_pinned(registry.create<Plain>(item.name, plain(item.seed)));
      break;
    case Kind::number:
      keep_pinned(registry.create<int>(item.name, static_cast<int>(item.seed)));
      break;
    case Kind::counter:
      keep_pinned(registry.create<std::atomic<std::uint64_t>>(item.name, item.seed));
      break;
    case Kind::nested:
      keep_pinned(registry.create<Nested>(item.name, nested(item.seed)));
      break;
    case Kind::large:
      keep_pinned(registry.create<Large>(item.name, large(item.seed)));
      break;
    case Kind::carried:
      keep_pinned(registry.create<Carried>(item.name, carried(item.seed)));
      break;
    case Kind::frozen_plain:
      registry.publish<Plain>(item.name, plain(item.seed));
      break;
    case Kind::frozen_nested:
      registry.publish<Nested>(item.name, nested(item.seed));
      break;
    case Kind::frozen_large:
      registry.publish<Large>(item.name, large(item.seed));
      break;
  }
}

}  // namespace ipcarc::kill
