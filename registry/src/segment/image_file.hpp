// The file that a registry is dumped to: written from front to back, and read back after all of it was compared with its checksum.
//
// The last eight bytes are the XXH3-64 of all before them. The file is made unnamed and gets its name whole, in place of one that was
// there; where the filesystem has no unnamed files it grows under a name beside it.
//
// Thread and process safety: an ordinary value. Killed before finish(): nothing, or where there are no unnamed files what is written so
// far under `FILE.new`; killed inside: that or the whole file, and the next to write it removes the former.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "segment/descriptor.hpp"

namespace ipcarc::detail {

/// XXH3-64 of bytes that come in pieces.
class RunningChecksum {
 public:
  RunningChecksum();
  ~RunningChecksum();
  RunningChecksum(const RunningChecksum&) = delete;
  RunningChecksum& operator=(const RunningChecksum&) = delete;

  void add(const void* bytes, std::size_t count) noexcept;
  std::uint64_t value() const noexcept;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

class ImageWriter {
 public:
  /// Throws the system's error if no file can be made where `path` is.
  explicit ImageWriter(std::string path);
  ~ImageWriter();
  ImageWriter(const ImageWriter&) = delete;
  ImageWriter& operator=(const ImageWriter&) = delete;

  /// Throws the system's error, such as std::errc::no_space_on_device.
  void write(const void* bytes, std::size_t count);
  template <class T>
  void put(const T& value) {
    write(&value, sizeof value);
  }
  /// Adds the checksum, makes the file durable and gives it its name. Returns its bytes.
  std::uint64_t finish();

 private:
  void flush();
  void give_name();
  [[noreturn]] void fail(int errno_value, const char* action) const;

  std::string path_;
  std::string
      beside_;  // a name for the moment before it replaces another, or of one that cannot be unnamed
  bool named_ = false;  // under `beside_`
  Descriptor file_;
  std::vector<std::byte> buffer_;
  RunningChecksum checksum_;
  std::uint64_t written_ = 0;
};

class ImageReader {
 public:
  /// Reads the whole file once. Throws the system's errors, not_found among them; corrupt_segment if it is cut short or its
  /// checksum does not match; incompatible_segment if it does not begin with `magic`.
  ImageReader(std::string path, std::uint64_t magic);

  /// The next bytes. Throws corrupt_segment if there are not so many.
  void read(void* into, std::size_t count);
  template <class T>
  T get() {
    T value;
    read(&value, sizeof value);
    return value;
  }
  /// Bytes that are left, the checksum not among them.
  std::uint64_t left() const noexcept { return end_ - at_; }
  std::uint64_t file_bytes() const noexcept { return end_ + sizeof(std::uint64_t); }

  /// Throw corrupt_segment and incompatible_segment, naming the file.
  [[noreturn]] void damaged(const std::string& what) const;
  [[noreturn]] void incompatible(const std::string& what) const;

 private:
  std::size_t read_at(std::uint64_t offset, void* into, std::size_t count) const;
  [[noreturn]] void fail(int errno_value, const char* action) const;

  std::string path_;
  Descriptor file_;
  std::uint64_t at_ = 0;
  std::uint64_t end_ = 0;
};

}  // namespace ipcarc::detail
