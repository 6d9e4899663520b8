#include "values/value_setter.hpp"

#include <limits>

#include <nlohmann/json.hpp>

namespace ipcarc::detail {
namespace {

using nlohmann::json;

constexpr int deepest = 200;

[[noreturn]] void misfit(const StoredType& type, const json& found) {
  std::string text = found.dump(-1, ' ', false, json::error_handler_t::replace);
  if (text.size() > 100) {
    text = text.substr(0, 100) + "...";
  }
  throw Misfit("expected what fits a " + type.name + ", found " + text);
}

}  // namespace

void ValueSetter::write(std::uint64_t offset, const void* from, std::size_t bytes) {
  contents_.require_inside(offset, bytes);
  const auto* first = static_cast<const std::byte*>(from);
  bytes_.push_back({offset, {first, first + bytes}});
}

template <class Number>
void ValueSetter::integer(Place place, const json& json) {
  using limits = std::numeric_limits<Number>;
  Number value{};
  if (json.is_number_unsigned()) {
    const auto given = json.get<std::uint64_t>();
    if (given > static_cast<std::uint64_t>(limits::max())) {
      misfit(*place.type, json);
    }
    value = static_cast<Number>(given);
  } else if (json.is_number_integer()) {
    const auto given = json.get<std::int64_t>();
    if (given < static_cast<std::int64_t>(limits::min())) {
      misfit(*place.type, json);  // a negative one, since it is not unsigned
    }
    value = static_cast<Number>(given);
  } else {
    misfit(*place.type, json);
  }
  write(place.offset, &value, sizeof value);
}

template <class Number>
void ValueSetter::floating(Place place, const json& json) {
  Number value{};
  if (json.is_number()) {
    value = json.get<Number>();
  } else if (json == "NaN") {
    value = std::numeric_limits<Number>::quiet_NaN();
  } else if (json == "Infinity") {
    value = std::numeric_limits<Number>::infinity();
  } else if (json == "-Infinity") {
    value = -std::numeric_limits<Number>::infinity();
  } else {
    misfit(*place.type, json);
  }
  write(place.offset, &value, sizeof value);
}

void ValueSetter::number(Place place, const json& json) {
  const std::uint64_t size = place.type->size;
  if (place.type->shape == Shape::floating) {
    return size == sizeof(float)         ? floating<float>(place, json)
           : size == sizeof(double)      ? floating<double>(place, json)
           : size == sizeof(long double) ? floating<long double>(place, json)
                                         : misfit(*place.type, json);
  }
  if (place.type->shape == Shape::integer) {
    return size == 1   ? integer<std::int8_t>(place, json)
           : size == 2 ? integer<std::int16_t>(place, json)
           : size == 4 ? integer<std::int32_t>(place, json)
           : size == 8 ? integer<std::int64_t>(place, json)
                       : misfit(*place.type, json);
  }
  return size == 1   ? integer<std::uint8_t>(place, json)
         : size == 2 ? integer<std::uint16_t>(place, json)
         : size == 4 ? integer<std::uint32_t>(place, json)
         : size == 8 ? integer<std::uint64_t>(place, json)
                     : misfit(*place.type, json);
}

void ValueSetter::character(Place place, const json& json) {
  std::uint64_t code = 0;
  if (json.is_string() && json.get_ref<const std::string&>().size() == 1) {
    code = static_cast<unsigned char>(json.get_ref<const std::string&>().front());
  } else if (json.is_number_unsigned()) {
    code = json.get<std::uint64_t>();
  } else {
    misfit(*place.type, json);
  }
  if (place.type->size > 4 || code >> (8 * place.type->size) != 0) {
    misfit(*place.type, json);
  }
  write(place.offset, &code, place.type->size);
}

void ValueSetter::text(Place place, const json& json) {
  if (!json.is_string()) {
    misfit(*place.type, json);
  }
  const auto& given = json.get_ref<const std::string&>();
  if (place.type->shape == Shape::string) {
    contents_.text(*place.type, place.offset);  // throws where it is no string
    contents_.require_inside(place.offset, place.type->size);
    if (place.offset % place.type->align != 0) {
      throw Damage("it leads to a string at the odd offset " + std::to_string(place.offset));
    }
    texts_.push_back({place.offset, given});
    return;
  }
  if (contents_.layout().part(*place.type, 0).size != 1) {
    throw Misfit("a " + place.type->name + ", of wider characters, cannot be set");
  }
  if (place.type->shape == Shape::fixed_array) {
    if (given.size() > place.type->count) {
      misfit(*place.type, json);
    }
    std::string padded = given;
    padded.resize(place.type->count, '\0');
    write(place.offset, padded.data(), padded.size());
    return;
  }
  const TextAt at = contents_.text(*place.type, place.offset);
  if (given.size() != at.count) {
    throw Misfit("a " + place.type->name + " keeps its " + std::to_string(at.count) +
                 " elements; found a text of " + std::to_string(given.size()) + " bytes");
  }
  if (at.count != 0) {
    write(at.offset, given.data(), given.size());
  }
}

void ValueSetter::members(Place place, const json& json, int depth) {
  if (!json.is_object()) {
    misfit(*place.type, json);
  }
  for (const auto& [name, value] : json.items()) {
    set(follow_step(contents_, place, name), value, depth + 1);
  }
}

void ValueSetter::parts(Place place, const json& json, int depth) {
  const StoredType& type = *place.type;
  const bool complex = type.shape == Shape::complex;
  if (!json.is_array() || json.size() != (complex ? 2 : type.parts.size())) {
    misfit(type, json);
  }
  for (std::size_t i = 0; i < json.size(); ++i) {
    const StoredType& part = contents_.layout().part(type, complex ? 0 : i);
    set({&part, place.offset + (complex ? i * part.size : type.parts[i].offset)}, json[i],
        depth + 1);
  }
}

void ValueSetter::elements(Place place, const json& json, int depth) {
  const StoredType& type = *place.type;
  const std::uint64_t count = contents_.count(type, place.offset);
  if (!json.is_array()) {
    misfit(type, json);
  }
  if (json.size() != count) {
    throw Misfit("a " + type.name + " keeps its " + std::to_string(count) + " elements; found " +
                 std::to_string(json.size()));
  }
  std::size_t index = 0;
  contents_.for_each(type, place.offset, [&](std::uint64_t element) {
    set({&contents_.layout().part(type, 0), element}, json[index++], depth + 1);
    return index < json.size();
  });
}

void ValueSetter::optional(Place place, const json& json, int depth) {
  const StoredType& type = *place.type;
  const StoredType& part = contents_.layout().part(type, 0);
  const bool set_already = contents_.flag(type, place.offset) != 0;
  const std::uint8_t flag = json.is_null() ? 0 : 1;
  if (set_already != !json.is_null()) {
    const Shape shape = part.shape;
    if (shape > Shape::floating && shape != Shape::enumeration && shape != Shape::wrapper) {
      throw Misfit("a " + type.name + " can be set and emptied only where it holds a number");
    }
    write(place.offset + type.flag_offset, &flag, sizeof flag);
  }
  if (!json.is_null()) {
    set({&part, place.offset}, json, depth + 1);
  }
}

void ValueSetter::bits(Place place, const json& json) {
  const StoredType& type = *place.type;
  if (!json.is_string() || json.get_ref<const std::string&>().size() != type.count ||
      json.get_ref<const std::string&>().find_first_not_of("01") != std::string::npos) {
    misfit(type, json);
  }
  const auto& given = json.get_ref<const std::string&>();
  std::vector<unsigned char> bytes(type.size);
  for (std::size_t bit = 0; bit < given.size(); ++bit) {
    const auto value = static_cast<unsigned char>(given[given.size() - 1 - bit] == '1' ? 1 : 0);
    bytes[bit / 8] = static_cast<unsigned char>(bytes[bit / 8] | value << (bit % 8));
  }
  write(place.offset, bytes.data(), bytes.size());
}

void ValueSetter::set(Place place, const json& json, int depth) {
  const StoredType& type = *place.type;
  if (depth > deepest) {
    throw Misfit("the value has more than " + std::to_string(deepest) + " levels");
  }
  if (contents_.layout().is_text(type)) {
    return text(place, json);
  }
  switch (type.shape) {
    case Shape::boolean: {
      if (!json.is_boolean()) {
        misfit(type, json);
      }
      const bool value = json.get<bool>();
      return write(place.offset, &value, sizeof value);
    }
    case Shape::character:
      return character(place, json);
    case Shape::integer:
    case Shape::natural:
    case Shape::floating:
      return number(place, json);
    case Shape::enumeration:
    case Shape::wrapper:
      return set({&contents_.layout().part(type, 0), place.offset}, json, depth + 1);
    case Shape::structure:
    case Shape::map:
    case Shape::flat_map:
    case Shape::unordered_map:
      return members(place, json, depth);
    case Shape::pair:
    case Shape::tuple:
    case Shape::complex:
      return parts(place, json, depth);
    case Shape::optional:
      return optional(place, json, depth);
    case Shape::bitset:
      return bits(place, json);
    case Shape::fixed_array:
    case Shape::vector:
    case Shape::static_vector:
    case Shape::deque:
    case Shape::stable_vector:
    case Shape::list:
      return elements(place, json, depth);
    default:
      throw Misfit("a " + type.name + " cannot be set from JSON" +
                   (type.shape == Shape::variant ? "; its \"value\" can" : ""));
  }
}

}  // namespace ipcarc::detail
