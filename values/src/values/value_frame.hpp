// What the writers of values share: the text so far, where in the value they are, and how much they may
// still write; and how scalars are written.
//
// Thread and process safety: one caller's.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "ipcarc/options.hpp"
#include "values/json_text.hpp"
#include "values/stored_layout.hpp"

namespace ipcarc::detail {

class ValueFrame {
 protected:
  /// `about`: the start of an error's message. Both must outlive the frame.
  ValueFrame(const std::string& about, const JsonOptions& options)
      : about_(about), options_(options), values_left_(options.max_values) {}
  ~ValueFrame() = default;

  /// A step of the path to the value being written, for messages.
  class Step {
   public:
    Step(ValueFrame& frame, std::string_view name) : frame_(frame), size_(frame.path_.size()) {
      if (size_ != 0) {
        frame.path_ += '.';
      }
      frame.path_ += name;
    }
    Step(ValueFrame& frame, std::uint64_t index) : frame_(frame), size_(frame.path_.size()) {
      frame.path_ += '[';
      frame.path_ += std::to_string(index);
      frame.path_ += ']';
    }
    ~Step() { frame_.path_.resize(size_); }
    Step(const Step&) = delete;
    Step& operator=(const Step&) = delete;

   private:
    ValueFrame& frame_;
    std::size_t size_;
  };

  /// Throws std::errc::value_too_large if the bounds allow no other value here, or not `more` bytes.
  void enter_value();
  void leave_value() noexcept { --depth_; }
  void require_room(std::uint64_t more) const;

  const std::string& about_;
  const JsonOptions& options_;
  JsonText out_;
  std::string path_;

 private:
  [[noreturn]] void too_large(const char* bound, std::uint64_t limit) const;

  std::uint64_t values_left_;
  std::uint32_t depth_ = 0;
};

inline constexpr std::size_t max_scalar_bytes = 16;

/// Writes a number, bool or character of `type.size` bytes. False if there is none of that size.
bool write_scalar(JsonText& out, const StoredType& type, const std::byte* bytes);
/// `count` characters of `bytes_each`, as UTF-8 (of single bytes, as they are).
std::string utf8_of(const std::byte* characters, std::uint64_t count, std::uint64_t bytes_each);

}  // namespace ipcarc::detail
