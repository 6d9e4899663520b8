#include "values/encoded_writer.hpp"

#include <cstring>

#include "ipcarc/error.hpp"

namespace ipcarc::detail {

std::string EncodedWriter::write(const StoredType& type) {
  try {
    value(type);
    if (at_ != bytes_.size()) {
      broken(std::to_string(bytes_.size() - at_) + " bytes behind the value");
    }
  } catch (const Unknown&) {
    constexpr char digits[] = "0123456789abcdef";
    constexpr std::size_t shown = 256;
    out_.cut(0);
    out_.raw("{\"type\":");
    out_.string(type.name);
    out_.raw(",\"bytes\":");
    out_.number(bytes_.size());
    out_.raw(",\"hex\":\"");
    for (const std::byte byte : bytes_.first(std::min(bytes_.size(), shown))) {
      out_.raw(digits[static_cast<unsigned>(byte) >> 4]);
      out_.raw(digits[static_cast<unsigned>(byte) & 15]);
    }
    out_.raw(bytes_.size() > shown ? "...\"}" : "\"}");
  }
  return out_.take();
}

void EncodedWriter::broken(const std::string& what) const {
  throw Error(Errc::decode_failed,
              about_ + ": expected an encoded value, found " + what + " at \"" + path_ + '"');
}

const std::byte* EncodedWriter::take(std::uint64_t bytes) {
  if (bytes > bytes_.size() - at_) {
    broken(std::to_string(bytes_.size() - at_) + " bytes of " + std::to_string(bytes));
  }
  const std::byte* taken = bytes_.data() + at_;
  at_ += bytes;
  return taken;
}

template <class T>
T EncodedWriter::number() {
  T value;
  std::memcpy(&value, take(sizeof value), sizeof value);
  return value;
}

std::uint64_t EncodedWriter::count() {
  const auto elements = number<std::uint64_t>();
  // Elements of no bytes are possible; the bound on values ends those.
  if (elements > bytes_.size() - at_ && elements > options_.max_values) {
    broken("a count of " + std::to_string(elements));
  }
  return elements;
}

void EncodedWriter::value(const StoredType& type) {
  enter_value();
  value_or_unknown(type);
  leave_value();
}

void EncodedWriter::value_or_unknown(const StoredType& type) {
  if (layout_.is_text(type)) {
    out_.string(text(type));
    return;
  }
  switch (type.shape) {
    case Shape::boolean:
    case Shape::character:
    case Shape::integer:
    case Shape::natural:
    case Shape::floating:
      if (type.size == 0 || type.size > max_scalar_bytes ||
          !write_scalar(out_, type, take(type.size))) {
        throw Unknown();
      }
      break;
    case Shape::enumeration:
    case Shape::wrapper:
      value(layout_.part(type, 0));
      break;
    case Shape::structure:
      members(type);
      break;
    case Shape::pair:
    case Shape::tuple:
      parts(type);
      break;
    case Shape::complex:
      sequence(layout_.part(type, 0), 2);
      break;
    case Shape::fixed_array:
      sequence(layout_.part(type, 0), type.count);
      break;
    case Shape::optional:
      if (number<std::uint8_t>() != 0) {
        out_.raw("null");
      } else {
        value(layout_.part(type, 0));
      }
      break;
    case Shape::variant:
      variant(type);
      break;
    case Shape::bitset:
      bits(type);
      break;
    case Shape::map:
    case Shape::multimap:
    case Shape::flat_map:
    case Shape::unordered_map:
      map(type);
      break;
    case Shape::vector:
    case Shape::flat_set:
    case Shape::static_vector:
    case Shape::deque:
    case Shape::stable_vector:
    case Shape::list:
    case Shape::set:
    case Shape::unordered_set:
      sequence(layout_.part(type, 0), count());
      break;
    default:
      if (type.name != "std::monostate") {
        throw Unknown();
      }
      out_.raw("null");
      break;
  }
}

std::string EncodedWriter::text(const StoredType& type) {
  const std::uint64_t bytes_each = type.parts.empty() ? 1 : layout_.part(type, 0).size;
  const std::uint64_t characters = type.shape == Shape::fixed_array ? type.count : count();
  if (bytes_each == 0 || characters > (bytes_.size() - at_) / bytes_each) {
    broken("a text of " + std::to_string(characters) + " characters");
  }
  require_room(characters);
  std::string text = utf8_of(take(characters * bytes_each), characters, bytes_each);
  if (type.shape == Shape::fixed_array) {
    text.resize(std::min(text.find('\0'), text.size()));
  }
  return text;
}

void EncodedWriter::members(const StoredType& type) {
  out_.raw('{');
  bool first = true;
  for (const StoredPart& part : type.parts) {
    const Step step(*this, part.name);
    out_.raw(first ? "" : ",");
    first = false;
    out_.string(part.name);
    out_.raw(':');
    value(layout_.type(part.type));
  }
  out_.raw('}');
}

void EncodedWriter::parts(const StoredType& type) {
  out_.raw('[');
  for (std::size_t i = 0; i < type.parts.size(); ++i) {
    const Step step(*this, i);
    out_.raw(i == 0 ? "" : ",");
    value(layout_.part(type, i));
  }
  out_.raw(']');
}

void EncodedWriter::sequence(const StoredType& element, std::uint64_t count) {
  out_.raw('[');
  for (std::uint64_t i = 0; i < count; ++i) {
    const Step step(*this, i);
    out_.raw(i == 0 ? "" : ",");
    value(element);
  }
  out_.raw(']');
}

void EncodedWriter::map(const StoredType& type) {
  const StoredType& key = layout_.part(type, 0);
  const bool named = layout_.is_text(key) && type.shape != Shape::multimap;
  out_.raw(named ? '{' : '[');
  const std::uint64_t elements = count();
  for (std::uint64_t i = 0; i < elements; ++i) {
    out_.raw(i == 0 ? "" : ",");
    if (named) {
      const std::string name = text(key);
      const Step step(*this, name);
      out_.string(name);
      out_.raw(':');
      value(layout_.part(type, 1));
    } else {
      const Step step(*this, i);
      out_.raw('[');
      value(key);
      out_.raw(',');
      value(layout_.part(type, 1));
      out_.raw(']');
    }
  }
  out_.raw(named ? '}' : ']');
}

void EncodedWriter::variant(const StoredType& type) {
  const auto index = number<std::int32_t>();
  if (index < 0 || static_cast<std::size_t>(index) >= type.parts.size()) {
    broken("alternative " + std::to_string(index) + " of " + std::to_string(type.parts.size()));
  }
  out_.raw("{\"index\":");
  out_.number(index);
  out_.raw(",\"value\":");
  const Step step(*this, "value");
  value(layout_.part(type, static_cast<std::size_t>(index)));
  out_.raw('}');
}

void EncodedWriter::bits(const StoredType& type) {
  constexpr std::uint8_t as_bits = 3;  // cereal's mark of bits in bytes, the highest first
  if (const auto mark = number<std::uint8_t>(); mark != as_bits) {
    broken("a bitset in form " + std::to_string(mark));
  }
  require_room(type.count);
  const std::byte* bytes = take((type.count + 7) / 8);
  out_.raw('"');
  for (std::uint64_t bit = type.count; bit-- != 0;) {
    out_.raw((static_cast<unsigned>(bytes[bit / 8]) >> (7 - bit % 8) & 1) != 0 ? '1' : '0');
  }
  out_.raw('"');
}

}  // namespace ipcarc::detail
