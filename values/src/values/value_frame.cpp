#include "values/value_frame.hpp"

#include <cstring>

#include "ipcarc/error.hpp"

namespace ipcarc::detail {
namespace {

constexpr std::uint32_t deepest = 500;  // whatever the options say: the writers recurse

template <class T>
T loaded(const std::byte* bytes) {
  T value;
  std::memcpy(&value, bytes, sizeof value);
  return value;
}

template <class Signed, class Unsigned>
bool write_integer(JsonText& out, bool is_signed, const std::byte* bytes) {
  if (is_signed) {
    out.number(std::int64_t{loaded<Signed>(bytes)});
  } else {
    out.number(std::uint64_t{loaded<Unsigned>(bytes)});
  }
  return true;
}

std::uint32_t character_at(const std::byte* bytes, std::uint64_t bytes_each) {
  std::uint32_t code = 0;
  std::memcpy(&code, bytes, std::min<std::uint64_t>(bytes_each, sizeof code));
  return code;
}

bool write_floating(JsonText& out, std::uint64_t size, const std::byte* bytes) {
  switch (size) {
    case sizeof(float):
      out.number(loaded<float>(bytes));
      return true;
    case sizeof(double):
      out.number(loaded<double>(bytes));
      return true;
    case sizeof(long double):
      out.number(static_cast<double>(loaded<long double>(bytes)));
      return true;
    default:
      return false;
  }
}

}  // namespace

void ValueFrame::too_large(const char* bound, std::uint64_t limit) const {
  throw Error(std::make_error_code(std::errc::value_too_large),
              about_ + ": the value at \"" + path_ + "\" needs more than " + std::to_string(limit) +
                  " " + bound);
}

void ValueFrame::require_room(std::uint64_t more) const {
  if (out_.size() > options_.max_bytes || more > options_.max_bytes - out_.size()) {
    too_large("bytes (JsonOptions::max_bytes)", options_.max_bytes);
  }
}

void ValueFrame::enter_value() {
  require_room(1);
  if (values_left_ == 0) {
    too_large("values (JsonOptions::max_values)", options_.max_values);
  }
  --values_left_;
  if (depth_ >= std::min(options_.max_depth, deepest)) {
    too_large("levels (JsonOptions::max_depth)", std::min(options_.max_depth, deepest));
  }
  ++depth_;
}

bool write_scalar(JsonText& out, const StoredType& type, const std::byte* bytes) {
  if (type.shape == Shape::boolean) {
    out.raw(loaded<std::uint8_t>(bytes) != 0 ? "true" : "false");
    return true;
  }
  if (type.shape == Shape::floating) {
    return write_floating(out, type.size, bytes);
  }
  if (type.shape == Shape::character) {
    const std::uint32_t code = character_at(bytes, type.size);
    if (code >= 0x20 && code < 0x7F) {
      const char shown = static_cast<char>(code);
      out.string({&shown, 1});
    } else {
      out.number(code);
    }
    return true;
  }
  const bool is_signed = type.shape == Shape::integer;
  switch (type.size) {
    case 1:
      return write_integer<std::int8_t, std::uint8_t>(out, is_signed, bytes);
    case 2:
      return write_integer<std::int16_t, std::uint16_t>(out, is_signed, bytes);
    case 4:
      return write_integer<std::int32_t, std::uint32_t>(out, is_signed, bytes);
    case 8:
      return write_integer<std::int64_t, std::uint64_t>(out, is_signed, bytes);
    default:
      return false;
  }
}

std::string utf8_of(const std::byte* characters, std::uint64_t count, std::uint64_t bytes_each) {
  if (bytes_each == 1) {
    return {reinterpret_cast<const char*>(characters), count};
  }
  std::string text;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint32_t code = character_at(characters + i * bytes_each, bytes_each);
    if (bytes_each == 2 && code >= 0xD800 && code < 0xDC00 && i + 1 < count) {
      const std::uint32_t low = character_at(characters + (i + 1) * bytes_each, bytes_each);
      if (low >= 0xDC00 && low < 0xE000) {
        code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
        ++i;
      }
    }
    append_utf8(text, code);
  }
  return text;
}

}  // namespace ipcarc::detail
