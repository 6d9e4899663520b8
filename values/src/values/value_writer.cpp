#include "values/value_writer.hpp"

#include <algorithm>

#include "ipcarc/error.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint32_t deepest = 500;  // whatever the options say: the writer recurses
constexpr std::uint64_t shown_opaque_bytes = 256;

}  // namespace

/// A step of the path to the value being written, for messages.
class ValueWriter::Step {
 public:
  Step(ValueWriter& writer, std::string_view name) : writer_(writer), size_(writer.path_.size()) {
    if (size_ != 0) {
      writer.path_ += '.';
    }
    writer.path_ += name;
  }
  Step(ValueWriter& writer, std::uint64_t index) : writer_(writer), size_(writer.path_.size()) {
    writer.path_ += '[';
    writer.path_ += std::to_string(index);
    writer.path_ += ']';
  }
  ~Step() { writer_.path_.resize(size_); }
  Step(const Step&) = delete;
  Step& operator=(const Step&) = delete;

 private:
  ValueWriter& writer_;
  std::size_t size_;
};

std::string ValueWriter::write(std::uint64_t offset) {
  value(layout_.root(), offset);
  return out_.take();
}

void ValueWriter::too_large(const char* bound, std::uint64_t limit) const {
  throw Error(std::make_error_code(std::errc::value_too_large),
              about_ + ": the value at \"" + path_ + "\" needs more than " + std::to_string(limit) +
                  " " + bound);
}

void ValueWriter::require_room(std::uint64_t more) const {
  if (out_.size() > options_.max_bytes || more > options_.max_bytes - out_.size()) {
    too_large("bytes (JsonOptions::max_bytes)", options_.max_bytes);
  }
}

void ValueWriter::value(const StoredType& type, std::uint64_t offset) {
  require_room(1);
  if (values_left_ == 0) {
    too_large("values (JsonOptions::max_values)", options_.max_values);
  }
  --values_left_;
  if (depth_ >= std::min(options_.max_depth, deepest)) {
    too_large("levels (JsonOptions::max_depth)", std::min(options_.max_depth, deepest));
  }
  ++depth_;
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
  --depth_;
}

void ValueWriter::value_or_throw(const StoredType& type, std::uint64_t offset) {
  if (layout_.is_text(type)) {
    text(type, offset);
    return;
  }
  switch (type.shape) {
    case Shape::boolean:
      out_.raw(contents_.at<std::uint8_t>(offset) != 0 ? "true" : "false");
      break;
    case Shape::character:
      character(type, offset);
      break;
    case Shape::integer:
    case Shape::natural:
    case Shape::floating:
      number(type, offset);
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
    case Shape::opaque:
    case Shape::nothing:
      opaque(type, offset);
      break;
    default:
      in_brackets(type, offset, false);
      break;
  }
}

void ValueWriter::number(const StoredType& type, std::uint64_t offset) {
  const bool is_signed = type.shape == Shape::integer;
  if (type.shape == Shape::floating) {
    switch (type.size) {
      case sizeof(float):
        return out_.number(contents_.at<float>(offset));
      case sizeof(double):
        return out_.number(contents_.at<double>(offset));
      case sizeof(long double):
        return out_.number(static_cast<double>(contents_.at<long double>(offset)));
      default:
        return opaque(type, offset);
    }
  }
  switch (type.size) {
    case 1:
      return is_signed ? out_.number(int{contents_.at<std::int8_t>(offset)})
                       : out_.number(unsigned{contents_.at<std::uint8_t>(offset)});
    case 2:
      return is_signed ? out_.number(contents_.at<std::int16_t>(offset))
                       : out_.number(contents_.at<std::uint16_t>(offset));
    case 4:
      return is_signed ? out_.number(contents_.at<std::int32_t>(offset))
                       : out_.number(contents_.at<std::uint32_t>(offset));
    case 8:
      return is_signed ? out_.number(contents_.at<std::int64_t>(offset))
                       : out_.number(contents_.at<std::uint64_t>(offset));
    default:
      return opaque(type, offset);
  }
}

void ValueWriter::character(const StoredType& type, std::uint64_t offset) {
  std::uint32_t code = 0;
  contents_.read(offset, &code, std::min<std::size_t>(type.size, sizeof code));
  if (code >= 0x20 && code < 0x7F) {
    const char shown = static_cast<char>(code);
    out_.string({&shown, 1});
  } else {
    out_.number(code);
  }
}

std::string ValueWriter::characters(const StoredType& type, std::uint64_t offset) const {
  const TextAt at = contents_.text(type, offset);
  const std::uint64_t bytes_each = type.shape == Shape::string ? 1 : layout_.part(type, 0).size;
  require_room(at.count);
  std::string result;
  if (bytes_each == 1) {
    result.resize(at.count);
    contents_.read(at.offset, result.data(), at.count);
    return result;
  }
  for (std::uint64_t i = 0; i < at.count; ++i) {
    std::uint32_t code = 0;
    contents_.read(at.offset + i * bytes_each, &code,
                   std::min<std::size_t>(bytes_each, sizeof code));
    if (bytes_each == 2 && code >= 0xD800 && code < 0xDC00 && i + 1 < at.count) {
      const auto low = contents_.at<std::uint16_t>(at.offset + (i + 1) * bytes_each);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00U);
        ++i;
      }
    }
    append_utf8(result, code);
  }
  return result;
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
