#include "values/json_path.hpp"

#include <algorithm>
#include <charconv>
#include <optional>

namespace ipcarc::detail {
namespace {

std::vector<std::string> pointer_steps(std::string_view path) {
  std::vector<std::string> steps;
  for (const char c : path) {
    if (c == '/') {
      steps.emplace_back();
    } else {
      steps.back() += c;
    }
  }
  for (std::string& step : steps) {
    std::string plain;
    for (std::size_t i = 0; i < step.size(); ++i) {
      if (step[i] == '~' && i + 1 < step.size() && (step[i + 1] == '0' || step[i + 1] == '1')) {
        plain += step[++i] == '0' ? '~' : '/';
      } else {
        plain += step[i];
      }
    }
    step = std::move(plain);
  }
  return steps;
}

[[noreturn]] void no_path(std::string_view path) {
  throw Misfit("expected a path as in peers[0].port, limits[\"a.b\"] or /peers/0/port, found \"" +
               std::string(path) + '"');
}

std::optional<std::uint64_t> as_index(const std::string& step) {
  std::uint64_t index = 0;
  const auto [end, error] = std::from_chars(step.data(), step.data() + step.size(), index);
  return error == std::errc() && end == step.data() + step.size() ? std::optional(index)
                                                                  : std::nullopt;
}

/// A key of a map, as text: its characters, or its number.
std::string key_text(const Contents& contents, const StoredType& type, std::uint64_t offset) {
  if (contents.layout().is_text(type)) {
    const TextAt at = contents.text(type, offset);
    std::string text(at.count, '\0');
    if (type.shape != Shape::string && contents.layout().part(type, 0).size != 1) {
      return {};
    }
    contents.read(at.offset, text.data(), text.size());
    return text;
  }
  const StoredType* number = &type;
  for (int step = 0;
       step < 8 && (number->shape == Shape::enumeration || number->shape == Shape::wrapper);
       ++step) {
    number = &contents.layout().part(*number, 0);
  }
  if (number->shape != Shape::integer && number->shape != Shape::natural) {
    return {};
  }
  const bool is_signed = number->shape == Shape::integer;
  std::uint64_t value = 0;
  if (number->size > sizeof value) {
    return {};
  }
  contents.read(offset, &value, number->size);
  if (is_signed) {
    const unsigned unused = static_cast<unsigned>(64 - 8 * number->size);
    return std::to_string(static_cast<std::int64_t>(value << unused) >> unused);
  }
  return std::to_string(value);
}

[[noreturn]] void no_such(const StoredType& type, const std::string& step) {
  throw Misfit("there is no \"" + step + "\" in a " + type.name);
}

Place element(const Contents& contents, Place from, const std::string& step) {
  const std::optional<std::uint64_t> wanted = as_index(step);
  if (!wanted || *wanted >= contents.count(*from.type, from.offset)) {
    no_such(*from.type, step);
  }
  std::uint64_t index = 0;
  std::uint64_t found = 0;
  contents.for_each(*from.type, from.offset, [&](std::uint64_t offset) {
    found = offset;
    return index++ != *wanted;
  });
  return {&contents.layout().part(*from.type, 0), found};
}

Place mapped(const Contents& contents, Place from, const std::string& step) {
  const StoredType& key = contents.layout().part(*from.type, 0);
  std::optional<std::uint64_t> found;
  contents.for_each(*from.type, from.offset, [&](std::uint64_t offset) {
    if (key_text(contents, key, offset) == step) {
      found = offset;
    }
    return !found;
  });
  if (!found) {
    no_such(*from.type, step);
  }
  return {&contents.layout().part(*from.type, 1), *found + contents.mapped_offset(*from.type)};
}

Place member(const Contents& contents, Place from, const std::string& step) {
  for (const StoredPart& part : from.type->parts) {
    if (part.name == step) {
      return {&contents.layout().type(part.type), from.offset + part.offset};
    }
  }
  no_such(*from.type, step);
}

Place part(const Contents& contents, Place from, const std::string& step) {
  const std::optional<std::uint64_t> index = step == "first"    ? 0
                                             : step == "second" ? 1
                                                                : as_index(step);
  if (!index || *index >= from.type->parts.size()) {
    no_such(*from.type, step);
  }
  return {&contents.layout().part(*from.type, *index),
          from.offset + from.type->parts[*index].offset};
}

}  // namespace

std::vector<std::string> path_steps(std::string_view path) {
  if (path.starts_with('/')) {
    return pointer_steps(path);
  }
  std::vector<std::string> steps;
  std::string_view rest = path;
  while (!rest.empty()) {
    if (rest.starts_with("[\"")) {
      const std::size_t end = rest.find("\"]", 2);
      if (end == std::string_view::npos) {
        no_path(path);
      }
      steps.emplace_back(rest.substr(2, end - 2));
      rest.remove_prefix(end + 2);
    } else if (rest.starts_with('[')) {
      const std::size_t end = rest.find(']');
      if (end == std::string_view::npos) {
        no_path(path);
      }
      steps.emplace_back(rest.substr(1, end - 1));
      rest.remove_prefix(end + 1);
    } else {
      const std::size_t end = std::min(rest.find_first_of(".["), rest.size());
      if (end == 0) {
        no_path(path);
      }
      steps.emplace_back(rest.substr(0, end));
      rest.remove_prefix(end);
    }
    if (rest.starts_with('.')) {
      rest.remove_prefix(1);
      if (rest.empty()) {
        no_path(path);
      }
    }
  }
  return steps;
}

Place follow_step(const Contents& contents, Place from, const std::string& step) {
  switch (from.type->shape) {
    case Shape::structure:
      return member(contents, from, step);
    case Shape::pair:
    case Shape::tuple:
      return part(contents, from, step);
    case Shape::optional:
      if (contents.flag(*from.type, from.offset) == 0) {
        throw Misfit("the " + from.type->name + " before \"" + step + "\" is empty");
      }
      return follow_step(contents, {&contents.layout().part(*from.type, 0), from.offset}, step);
    case Shape::variant: {
      const std::uint32_t index = contents.flag(*from.type, from.offset);
      if (step != "value" || index >= from.type->parts.size()) {
        no_such(*from.type, step);
      }
      return {&contents.layout().part(*from.type, index), from.offset};
    }
    case Shape::map:
    case Shape::flat_map:
    case Shape::unordered_map:
      return mapped(contents, from, step);
    case Shape::fixed_array:
    case Shape::vector:
    case Shape::static_vector:
    case Shape::deque:
    case Shape::stable_vector:
    case Shape::list:
      return element(contents, from, step);
    default:
      // Elements of sets are not to be changed in place.
      no_such(*from.type, step);
  }
}

Place follow_path(const Contents& contents, Place from, const std::vector<std::string>& steps) {
  for (const std::string& step : steps) {
    from = follow_step(contents, from, step);
  }
  return from;
}

}  // namespace ipcarc::detail
