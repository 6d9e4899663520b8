#include "values/value_writer.hpp"

#include <algorithm>

#include "ipcarc/error.hpp"
#include "ipcarc/serialization/detail/blob.hpp"
#include "values/encoded_writer.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint64_t shown_opaque_bytes = 256;

}  // namespace

std::string ValueWriter::write(std::uint64_t offset) {
  value(layout_.root(), offset);
  return out_.take();
}

void ValueWriter::value(const StoredType& type, std::uint64_t offset) {
  enter_value();
  const std::size_t size = out_.size();
  const std::size_t path_size = path_.size();
  try {
    value_or_throw(type, offset);
  } catch (const Damage& damage) {
    if (!options_.damaged_too) {
      // The innermost value that is damaged names itself; those around it pass it on.
      throw path_.empty() || std::string_view(damage.what()).starts_with('"')
          ? damage
          : Damage('"' + path_ + "\": " + damage.what());
    }
    path_.resize(path_size);
    out_.cut(size);
    out_.string("<damaged: " + std::string(damage.what()) + ">");
  }
  leave_value();
}

void ValueWriter::value_or_throw(const StoredType& type, std::uint64_t offset) {
  if (layout_.is_text(type)) {
    text(type, offset);
    return;
  }
  switch (type.shape) {
    case Shape::boolean:
    case Shape::character:
    case Shape::integer:
    case Shape::natural:
    case Shape::floating:
      scalar(type, offset);
      break;
    case Shape::enumeration:
    case Shape::wrapper:
      value(layout_.part(type, 0), offset);
      break;
    case Shape::structure:
      members(type, offset);
      break;
    case Shape::pair:
    case Shape::tuple:
      out_.raw('[');
      for (std::size_t i = 0; i < type.parts.size(); ++i) {
        const Step step(*this, i);
        out_.raw(i == 0 ? "" : ",");
        value(layout_.part(type, i), offset + type.parts[i].offset);
      }
      out_.raw(']');
      break;
    case Shape::complex:
      out_.raw('[');
      value(layout_.part(type, 0), offset);
      out_.raw(',');
      value(layout_.part(type, 0), offset + layout_.part(type, 0).size);
      out_.raw(']');
      break;
    case Shape::optional:
      if (contents_.flag(type, offset) != 0) {
        value(layout_.part(type, 0), offset);
      } else {
        out_.raw("null");
      }
      break;
    case Shape::variant:
      variant(type, offset);
      break;
    case Shape::bitset:
      bits(type, offset);
      break;
    case Shape::map:
    case Shape::flat_map:
    case Shape::unordered_map:
      if (layout_.is_text(layout_.part(type, 0))) {
        pairs(type, offset);
      } else {
        in_brackets(type, offset, true);
      }
      break;
    case Shape::link:
      link(offset);
      break;
    case Shape::encoded:
      encoded(type, offset);
      break;
    case Shape::opaque:
    case Shape::nothing:
      opaque(type, offset);
      break;
    default:
      in_brackets(type, offset, false);
      break;
  }
}

void ValueWriter::scalar(const StoredType& type, std::uint64_t offset) {
  std::byte bytes[max_scalar_bytes];
  if (type.size > sizeof bytes) {
    return opaque(type, offset);
  }
  contents_.read(offset, bytes, type.size);
  if (!write_scalar(out_, type, bytes)) {
    opaque(type, offset);
  }
}

std::string ValueWriter::characters(const StoredType& type, std::uint64_t offset) const {
  const TextAt at = contents_.text(type, offset);
  const std::uint64_t bytes_each = type.shape == Shape::string ? 1 : layout_.part(type, 0).size;
  require_room(at.count);
  std::vector<std::byte> bytes(at.count * bytes_each);
  if (!bytes.empty()) {
    contents_.read(at.offset, bytes.data(), bytes.size());
  }
  return utf8_of(bytes.data(), at.count, bytes_each);
}

void ValueWriter::text(const StoredType& type, std::uint64_t offset) {
  out_.string(characters(type, offset));
}

void ValueWriter::members(const StoredType& type, std::uint64_t offset) {
  if (type.parts.empty() && type.name == "std::monostate") {
    out_.raw("null");
    return;
  }
  out_.raw('{');
  std::size_t index = 0;
  for (const StoredPart& part : type.parts) {
    const std::string name = part.name.empty() ? "#" + std::to_string(index) : part.name;
    const Step step(*this, name);
    out_.raw(index++ == 0 ? "" : ",");
    out_.string(name);
    out_.raw(':');
    value(layout_.type(part.type), offset + part.offset);
  }
  out_.raw('}');
}

void ValueWriter::in_brackets(const StoredType& type, std::uint64_t offset, bool keyed) {
  std::uint64_t index = 0;
  out_.raw('[');
  contents_.for_each(type, offset, [&](std::uint64_t element) {
    const Step step(*this, index);
    out_.raw(index++ == 0 ? "" : ",");
    out_.raw(keyed ? "[" : "");
    value(layout_.part(type, 0), element);
    if (keyed) {
      out_.raw(',');
      value(layout_.part(type, 1), element + contents_.mapped_offset(type));
      out_.raw(']');
    }
    return true;
  });
  out_.raw(']');
}

void ValueWriter::pairs(const StoredType& type, std::uint64_t offset) {
  bool first = true;
  out_.raw('{');
  contents_.for_each(type, offset, [&](std::uint64_t element) {
    const std::string key = characters(layout_.part(type, 0), element);
    const Step step(*this, key);
    out_.raw(first ? "" : ",");
    first = false;
    out_.string(key);
    out_.raw(':');
    value(layout_.part(type, 1), element + contents_.mapped_offset(type));
    return true;
  });
  out_.raw('}');
}

void ValueWriter::variant(const StoredType& type, std::uint64_t offset) {
  const std::uint32_t index = contents_.flag(type, offset);
  if (index == (type.flag_bytes == 1 ? 0xFFU : 0xFFFFU)) {
    out_.raw("null");  // valueless by exception
    return;
  }
  if (index >= type.parts.size()) {
    throw Damage("a variant holds alternative " + std::to_string(index) + " of " +
                 std::to_string(type.parts.size()));
  }
  out_.raw("{\"index\":");
  out_.number(index);
  out_.raw(",\"value\":");
  const Step step(*this, "value");
  value(layout_.part(type, index), offset);
  out_.raw('}');
}

void ValueWriter::bits(const StoredType& type, std::uint64_t offset) {
  require_room(type.count);
  out_.raw('"');
  for (std::uint64_t bit = type.count; bit-- != 0;) {
    const auto byte = contents_.at<std::uint8_t>(offset + bit / 8);
    out_.raw((byte >> (bit % 8) & 1) != 0 ? '1' : '0');
  }
  out_.raw('"');
}

void ValueWriter::link(std::uint64_t offset) {
  const auto words = contents_.at<LinkWords>(offset);
  std::optional<std::string> name;
  if (words.index_plus_1 != 0) {
    name = names_(words);
  }
  if (name) {
    out_.string(*name);
  } else {
    out_.raw("null");
  }
}

void ValueWriter::encoded(const StoredType& type, std::uint64_t offset) {
  const auto head = contents_.at<BlobHead>(offset);
  require_room(head.length);
  std::vector<std::byte> bytes(head.length);
  if (!bytes.empty()) {
    contents_.read(offset + static_cast<std::uint64_t>(head.place), bytes.data(), bytes.size());
  }
  if (head.magic != BlobHead::expected_magic || !is_whole(head, bytes.data())) {
    throw Error(Errc::decode_failed,
                about_ + ": expected the encoded value as it was written, found other bytes");
  }
  out_.raw(EncodedWriter(about_, layout_, options_, bytes).write(layout_.part(type, 0)));
}

void ValueWriter::opaque(const StoredType& type, std::uint64_t offset) {
  constexpr char digits[] = "0123456789abcdef";
  out_.raw("{\"type\":");
  out_.string(type.name);
  out_.raw(",\"hex\":\"");
  for (std::uint64_t i = 0; i < std::min(type.size, shown_opaque_bytes); ++i) {
    const auto byte = contents_.at<std::uint8_t>(offset + i);
    out_.raw(digits[byte >> 4]);
    out_.raw(digits[byte & 15]);
  }
  out_.raw(type.size > shown_opaque_bytes ? "...\"}" : "\"}");
}

}  // namespace ipcarc::detail
