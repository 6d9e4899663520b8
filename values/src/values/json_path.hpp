// A path into a value, and the value that it leads to.
//
// Thread and process safety: as of the Contents that it walks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "values/contents.hpp"

namespace ipcarc::detail {

/// `peers[0].port`, `limits["a.b"]`, or a JSON pointer (`/peers/0/port`), as steps. Throws Misfit.
std::vector<std::string> path_steps(std::string_view path);

/// What a caller asks for and the value does not have: a step, a kind, a number.
class Misfit : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// A value: its type and where it lies.
struct Place {
  const StoredType* type;
  std::uint64_t offset;
};

/// The value that `steps` lead to from `from`. Throws Misfit, Damage.
Place follow_path(const Contents& contents, Place from, const std::vector<std::string>& steps);
/// One step from there.
Place follow_step(const Contents& contents, Place from, const std::string& step);

}  // namespace ipcarc::detail
