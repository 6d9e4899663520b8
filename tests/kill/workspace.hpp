// The folder of one worker's registry, and its registry's file: as it was before an operation, again and again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "ipcarc/options.hpp"

namespace ipcarc::kill {

inline constexpr const char* registry_name = "kill";

/// The bytes of a registry's file while nobody lives in it; empty: no file.
struct Snapshot {
  struct Extent {
    std::uint64_t offset;
    std::vector<char> bytes;
  };
  std::uint64_t size = 0;
  std::vector<Extent> extents;
};

class Workspace {
 public:
  /// Makes the folder.
  explicit Workspace(const std::string& folder);

  /// How the stepper's registries are opened: small, in this folder.
  Options options() const;
  const std::string& path() const { return path_; }
  bool exists() const;
  /// Files in the folder other than the registry's: none of them should be.
  std::size_t strangers() const;

  Snapshot capture() const;
  /// A new file with those bytes, in place of the one that is there.
  void restore(const Snapshot& snapshot) const;

 private:
  std::string folder_;
  std::string path_;
};

}  // namespace ipcarc::kill
