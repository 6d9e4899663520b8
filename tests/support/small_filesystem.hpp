// A tmpfs of a few pages that only this process and its children see. It goes with them, also when
// they are killed.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace ipcarc::test {

class SmallFilesystem {
 public:
  /// Null if this user may not mount anything here.
  static std::unique_ptr<SmallFilesystem> mount(std::uint64_t bytes);
  ~SmallFilesystem();
  SmallFilesystem(const SmallFilesystem&) = delete;
  SmallFilesystem& operator=(const SmallFilesystem&) = delete;

  const std::string& path() const { return path_; }
  std::uint64_t free_bytes() const;
  /// Leaves `left` bytes free (whole pages), by a file of its own.
  void fill(std::uint64_t left) const;
  /// Takes that file away.
  void drain() const;

 private:
  explicit SmallFilesystem(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

}  // namespace ipcarc::test
