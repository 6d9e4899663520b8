#include "values/stored_layout.hpp"

#include <algorithm>
#include <bit>
#include <optional>

#include <nlohmann/json.hpp>

#include "ipcarc/error.hpp"
#include "layout/geometry.hpp"

namespace ipcarc::detail {
namespace {

using nlohmann::json;

// The Boost whose nodes this library reads; containers of our own do not depend on it.
constexpr std::uint64_t known_boost = 108100;

struct Refused {
  std::string why;
  Errc code = Errc::corrupt_segment;
};

[[noreturn]] void refuse(const std::string& why) {
  throw Refused{why};
}

void require(bool sound, const char* why) {
  if (!sound) {
    refuse(why);
  }
}

std::uint64_t number(const json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) {
    refuse(std::string("it lacks the number \"") + key + "\"");
  }
  return found->get<std::uint64_t>();
}

std::string text(const json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_string() ? found->get<std::string>() : std::string();
}

const json& list(const json& object, const char* key) {
  static const json none = json::array();
  const auto found = object.find(key);
  if (found == object.end()) {
    return none;
  }
  require(found->is_array(), "a list in it is none");
  return *found;
}

struct Tag {
  std::string_view name;
  Shape shape;
  std::size_t arguments;   // at least
  std::uint64_t min_size;  // bytes, but for what its arguments need
  bool of_boost = false;
};

constexpr Tag tags[] = {
    {"std::array", Shape::fixed_array, 2, 0},
    {"std::pair", Shape::pair, 2, 0},
    {"std::tuple", Shape::tuple, 0, 0},
    {"std::optional", Shape::optional, 1, 0},
    {"std::variant", Shape::variant, 1, 0},
    {"std::bitset", Shape::bitset, 1, 0},
    {"std::chrono::duration", Shape::wrapper, 1, 0},
    {"std::chrono::time_point", Shape::wrapper, 1, 0},
    {"std::atomic", Shape::wrapper, 1, 0},
    {"std::complex", Shape::complex, 1, 0},
    {"ipcarc::string", Shape::string, 0, 32},
    {"ipcarc::vector", Shape::vector, 1, 24},
    {"ipcarc::small_vector", Shape::vector, 1, 24},
    {"ipcarc::flat_set", Shape::flat_set, 1, 24},
    {"ipcarc::flat_map", Shape::flat_map, 2, 24},
    {"ipcarc::static_vector", Shape::static_vector, 2, 8},
    {"ipcarc::deque", Shape::deque, 1, 40},
    {"ipcarc::stable_vector", Shape::stable_vector, 1, 24},
    {"ipcarc::list", Shape::list, 1, 32, true},
    {"ipcarc::map", Shape::map, 2, 40, true},
    {"ipcarc::set", Shape::set, 1, 40, true},
    {"ipcarc::unordered_map", Shape::unordered_map, 2, 72, true},
    {"ipcarc::unordered_set", Shape::unordered_set, 1, 72, true},
    {"ipcarc::Link", Shape::link, 0, 16},
    {"ipcarc::encoded", Shape::encoded, 1, 40},
};

/// What else there is below an encoded root.
constexpr Tag encoded_tags[] = {
    {"std::basic_string", Shape::string, 1, 0},
    {"std::vector", Shape::vector, 1, 0},
    {"std::deque", Shape::vector, 1, 0},
    {"std::list", Shape::vector, 1, 0},
    {"std::forward_list", Shape::vector, 1, 0},
    {"std::valarray", Shape::vector, 1, 0},
    {"std::set", Shape::set, 1, 0},
    {"std::multiset", Shape::set, 1, 0},
    {"std::unordered_set", Shape::set, 1, 0},
    {"std::unordered_multiset", Shape::set, 1, 0},
    {"std::map", Shape::map, 2, 0},
    {"std::unordered_map", Shape::map, 2, 0},
    // An object's keys are there once.
    {"std::multimap", Shape::multimap, 2, 0},
    {"std::unordered_multimap", Shape::multimap, 2, 0},
    {"std::stack", Shape::wrapper, 1, 0},
    {"std::queue", Shape::wrapper, 1, 0},
};

/// One type as its text says, indices in range; sizes are compared once all types are known.
class TypeReader {
 public:
  TypeReader(const json& types, std::uint64_t boost, bool encoded)
      : types_(types), boost_(boost), encoded_(encoded) {}

  StoredType read(const json& from) const {
    require(from.is_object(), "a type in it is none");
    StoredType type;
    type.name = text(from, "name");
    const std::string kind = text(from, "kind");
    if (kind == "constant" || kind == "name") {
      type.shape = Shape::nothing;
      return type;
    }
    type.size = number(from, "size");
    type.align = number(from, "align");
    require((type.size > 0 || encoded_) && type.size <= max_segment_bytes &&
                std::has_single_bit(type.align) && type.align <= 4096,
            "a type has an impossible size");
    if (kind == "struct") {
      type.shape = Shape::structure;
      read_members(from, type);
    } else if (kind == "template") {
      read_template(from, type);
    } else if (kind == "array" || kind == "enum") {
      type.shape = kind == "array" ? Shape::fixed_array : Shape::enumeration;
      type.parts.push_back(part(number(from, "type")));
      type.count = kind == "array" ? number(from, "count") : 0;
    } else {
      type.shape = scalar(kind);
    }
    return type;
  }

 private:
  static Shape scalar(const std::string& kind) {
    return kind == "bool"    ? Shape::boolean
           : kind == "char"  ? Shape::character
           : kind == "int"   ? Shape::integer
           : kind == "uint"  ? Shape::natural
           : kind == "float" ? Shape::floating
                             : Shape::opaque;
  }

  StoredPart part(std::uint64_t index) const {
    require(index < types_.size(), "it names a type that is not in it");
    return {{}, 0, static_cast<std::uint32_t>(index), false};
  }

  void read_members(const json& from, StoredType& type) const {
    for (const json& member : list(from, "members")) {
      require(member.is_object(), "a member in it is none");
      StoredPart read = part(number(member, "type"));
      read.name = text(member, "name");
      read.offset = number(member, "offset");
      read.base = member.contains("base");
      type.parts.push_back(std::move(read));
    }
  }

  const Tag* find_tag(std::string_view name) const {
    const auto named = [&](const Tag& tag) { return tag.name == name; };
    if (const Tag* known = std::find_if(std::begin(tags), std::end(tags), named);
        known != std::end(tags)) {
      return known;
    }
    const Tag* known = std::find_if(std::begin(encoded_tags), std::end(encoded_tags), named);
    return encoded_ && known != std::end(encoded_tags) ? known : nullptr;
  }

  void read_template(const json& from, StoredType& type) const {
    const Tag* known = find_tag(text(from, "tag"));
    if (known == nullptr) {
      return;  // opaque
    }
    const json& arguments = list(from, "arguments");
    const json& offsets = list(from, "offsets");
    require(arguments.size() >= known->arguments && (encoded_ || type.size >= known->min_size),
            "a template in it lacks arguments");
    require(offsets.empty() || offsets.size() == arguments.size(),
            "a template in it has offsets of something else");
    if (known->of_boost && !encoded_) {
      if (boost_ != known_boost) {
        throw Refused{"it holds containers of Boost " + std::to_string(boost_) +
                          ", and this library reads those of " + std::to_string(known_boost),
                      Errc::incompatible_segment};
      }
      require(type.size == known->min_size,
              "a container in it has a comparator or hash with a state of its own");
    }
    type.shape = known->shape;
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      require(arguments[i].is_number_unsigned(), "an argument in it is none");
      type.parts.push_back(part(arguments[i].get<std::uint64_t>()));
      if (!offsets.empty()) {
        require(offsets[i].is_number_unsigned(), "an offset in it is none");
        type.parts.back().offset = offsets[i].get<std::uint64_t>();
      }
    }
    if (const auto flag = from.find("flag"); flag != from.end()) {
      require(flag->is_object(), "a flag in it is none");
      type.flag_offset = number(*flag, "offset");
      type.flag_bytes =
          static_cast<std::uint32_t>(std::min<std::uint64_t>(number(*flag, "size"), 9));
    }
    if (type.shape == Shape::fixed_array || type.shape == Shape::static_vector) {
      type.count = constant(type, 1);
    } else if (type.shape == Shape::bitset) {
      type.count = constant(type, 0);
    }
  }

  std::uint64_t constant(const StoredType& type, std::size_t argument) const {
    const json& found = types_[type.parts[argument].type];
    require(found.is_object(), "a type in it is none");
    return number(found, "value");
  }

  const json& types_;
  std::uint64_t boost_;
  bool encoded_;  // the root is, and so has no types below it that lie in a segment
};

/// How many of a type's parts have values in it, or in its elements.
std::size_t valued_parts(const StoredType& type) {
  switch (type.shape) {
    case Shape::structure:
    case Shape::pair:
    case Shape::tuple:
    case Shape::variant:
      return type.parts.size();
    case Shape::map:
    case Shape::multimap:
    case Shape::flat_map:
    case Shape::unordered_map:
      return 2;
    case Shape::bitset:
    case Shape::string:
    case Shape::link:
    case Shape::opaque:
      return 0;
    default:
      return std::min<std::size_t>(type.parts.size(), 1);
  }
}

bool fits(std::uint64_t offset, std::uint64_t bytes, std::uint64_t room) {
  return offset <= room && bytes <= room - offset;
}

void check_parts(const StoredType& type, const std::vector<StoredType>& types) {
  for (std::size_t i = 0; i < valued_parts(type); ++i) {
    require(types[type.parts[i].type].shape != Shape::nothing,
            "a part of a type in it has no values");
  }
}

void check_sizes(const StoredType& type, const std::vector<StoredType>& types) {
  const std::size_t valued = valued_parts(type);
  const std::uint64_t first = valued == 0 ? 0 : types[type.parts[0].type].size;
  switch (type.shape) {
    case Shape::structure:
    case Shape::pair:
    case Shape::tuple:
    case Shape::optional:
    case Shape::variant:
    case Shape::wrapper:
    case Shape::enumeration:
      for (std::size_t i = 0; i < valued; ++i) {
        require(fits(type.parts[i].offset, types[type.parts[i].type].size, type.size),
                "a part of a type in it lies outside");
      }
      break;
    case Shape::complex:
      require(fits(first, first, type.size), "a complex number in it is too small");
      break;
    case Shape::fixed_array:
      require(type.count <= type.size / first, "an array in it is too small");
      break;
    case Shape::static_vector: {
      const std::uint64_t head = aligned(8, types[type.parts[0].type].align);
      require(head <= type.size && type.count <= (type.size - head) / first,
              "a static_vector in it is too small");
      break;
    }
    case Shape::bitset:
      require(type.count <= type.size * 8, "a bitset in it is too small");
      break;
    default:
      break;
  }
  if (type.shape == Shape::optional || type.shape == Shape::variant) {
    require((type.flag_bytes == 1 || type.flag_bytes == 2) &&
                fits(type.flag_offset, type.flag_bytes, type.size) &&
                (type.shape == Shape::variant || first < type.size),
            "a type in it does not say what it holds");
  }
  if (type.shape == Shape::enumeration) {
    const Shape beneath = types[type.parts[0].type].shape;
    require(beneath == Shape::integer || beneath == Shape::natural || beneath == Shape::boolean ||
                beneath == Shape::character,
            "an enumeration in it is of no integer");
  }
}

}  // namespace

StoredLayout::StoredLayout(std::string_view written, const std::string& about) {
  const json document = json::parse(written.begin(), written.end(), nullptr, false);
  try {
    require(document.is_object(), "it is not JSON");
    const json& types = list(document, "types");
    const std::uint64_t root = number(document, "root");
    require(root < types.size() && types.size() <= 1'000'000, "it has no root");
    const bool containers = document.contains("boost");
    const bool encoded = types[root].is_object() && text(types[root], "tag") == "ipcarc::encoded";
    const TypeReader reader(types, containers ? number(document, "boost") : 0, encoded);
    for (const json& type : types) {
      types_.push_back(reader.read(type));
    }
    for (const StoredType& type : types_) {
      check_parts(type, types_);
      if (!encoded) {
        check_sizes(type, types_);
      }
    }
    require(!encoded || types_[root].size >= 40, "its root is too small");
    root_ = static_cast<std::uint32_t>(root);
    require(this->root().shape != Shape::nothing, "its root has no values");
  } catch (const Refused& refused) {
    throw Error(refused.code, about + ": expected a type's layout, found that " + refused.why);
  }
  find_plain_types();
}

bool StoredLayout::is_text(const StoredType& type) const noexcept {
  return type.shape == Shape::string ||
         ((type.shape == Shape::fixed_array || type.shape == Shape::vector ||
           type.shape == Shape::static_vector) &&
          part(type, 0).shape == Shape::character);
}

void StoredLayout::find_plain_types() {
  // From all to fewer, until nothing changes: a type that holds itself does so by a container.
  plain_.assign(types_.size(), true);
  for (bool changed = true; changed;) {
    changed = false;
    for (std::size_t i = 0; i < types_.size(); ++i) {
      const StoredType& type = types_[i];
      bool plain = type.shape <= Shape::complex;
      for (std::size_t p = 0; plain && p < valued_parts(type); ++p) {
        plain = plain_[type.parts[p].type];
      }
      if (plain_[i] && !plain) {
        plain_[i] = false;
        changed = true;
      }
    }
  }
}

}  // namespace ipcarc::detail
